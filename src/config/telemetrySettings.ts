/** Where metrics go, and as whom. */
export interface TelemetrySettings {
  /** Names the component; no secret where the component takes logins only. */
  readonly instrumentationKey: string;
  /** Without a trailing slash. */
  readonly ingestionEndpoint: string;
  /** The identity to log in with, its client id null for the default one; null for a component that wants no login. */
  readonly login: { readonly clientId: string | null } | null;
  /** Name of the app in Application Insights, as the Functions host gives it. */
  readonly role: string;
}

/** What the connection string of a component must look like: `Key=value` pairs, with TLS unless it stays on this machine. */
export const INSIGHTS_CONNECTION =
  /^(?=.*\bInstrumentationKey=[0-9a-f-]{36}(?:;|$))(?!.*\bIngestionEndpoint=(?!https:\/\/|http:\/\/127\.0\.0\.1:))/i;

/** Where components of before the regional endpoints take telemetry. */
const DEFAULT_ENDPOINT = 'https://dc.services.visualstudio.com';

/** Reads `a=1;b=2` as the host reads its settings: names in any case. */
function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(';')
      .map((pair) => /^\s*([^=]+)=(.*)$/.exec(pair))
      .filter((match) => match !== null)
      .map(([, key = '', value = '']) => [key.toLowerCase(), value.trim()]),
  );
}

/** Reads a connection string that matches {@link INSIGHTS_CONNECTION}, and the host's `ClientId=…;Authorization=AAD` beside it. */
export function telemetryOf(
  connectionString: string,
  authentication: string | undefined,
  clientId: string | null,
  role: string,
): TelemetrySettings {
  const connection = pairs(connectionString);
  const login = pairs(authentication ?? '');
  return {
    instrumentationKey: connection.get('instrumentationkey') ?? '',
    ingestionEndpoint: (connection.get('ingestionendpoint') ?? DEFAULT_ENDPOINT).replace(/\/+$/, ''),
    login: login.get('authorization') === 'AAD' ? { clientId: login.get('clientid') ?? clientId } : null,
    role,
  };
}
