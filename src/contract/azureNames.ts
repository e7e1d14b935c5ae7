/**
 * Names by which Azure Resource Manager knows things. They become segments of its paths, so nothing else may stand in them: `..`
 * would lead to another resource, and the token that goes along is good for all of them.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const RESOURCE_GROUP = /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u;
const ACCOUNT = /^[a-z0-9][a-z0-9-]{2,43}$/i;
const SUBSCRIPTION = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

export function isResourceGroupName(text: string): boolean {
  return RESOURCE_GROUP.test(text);
}

/** Of a Cosmos DB account, or of a cluster, whose names are shorter. */
export function isAccountName(text: string): boolean {
  return ACCOUNT.test(text);
}

export function isSubscriptionId(text: string): boolean {
  return SUBSCRIPTION.test(text);
}

/** A host name without a port, or its first label. */
export function isHostName(text: string): boolean {
  return HOST.test(text);
}
