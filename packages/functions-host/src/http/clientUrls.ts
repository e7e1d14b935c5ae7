/** Where the management API is to be found, as clients get to know it. */
export interface ClientAddress {
  /** Such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly systemKey: string;
  /** Keyless base for the app's own client; ends in a slash. */
  readonly rpcBaseUrl: string;
  readonly taskHub: string;
}

/** Path of the management API under the host's own address. */
export const MANAGEMENT_PATH = '/runtime/webhooks/durabletask';

/** The management URLs of one instance, as they stand in a 202 answer. */
export function managementUrls(address: ClientAddress, origin: string, instanceId: string): Record<string, string> {
  // As the extension encodes it, which asks for ids without spaces.
  const id = encodeURIComponent(instanceId).replaceAll('%20', '+');
  const instance = `${origin}${MANAGEMENT_PATH}/instances/${id}`;
  const query = requiredQuery(address);
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** What a `durableClient` input binding carries: JSON text with the addresses that the SDK's client uses. */
export function durableClientInput(address: ClientAddress): string {
  const { origin, systemKey, rpcBaseUrl, taskHub } = address;
  const creation = `${origin}${MANAGEMENT_PATH}/orchestrators/{functionName}[/{instanceId}]`;
  const query = requiredQuery(address);
  return JSON.stringify({
    taskHubName: taskHub,
    creationUrls: {
      createNewInstancePostUri: `${creation}?${query}`,
      createAndWaitOnNewInstancePostUri: `${creation}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
    },
    managementUrls: managementUrls(address, origin, 'INSTANCEID'),
    baseUrl: `${origin}${MANAGEMENT_PATH}`,
    requiredQueryStringParameters: `code=${encodeURIComponent(systemKey)}`,
    rpcBaseUrl,
  });
}

function requiredQuery(address: ClientAddress): string {
  return `taskHub=${address.taskHub}&connection=Storage&code=${encodeURIComponent(address.systemKey)}`;
}
