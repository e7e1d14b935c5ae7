import { settingOf } from './settingOf.ts';

/**
 * App settings that the platform or this program reads for itself, by how their names begin. They hold keys, and a request that
 * named one as a secret would have the app try it as a connection.
 */
const OWN =
  /^(?:ALLOWED_|APPLICATIONINSIGHTS_|APPSETTING_|AZUREFUNCTIONSJOBHOST_|AZUREWEBJOBS|AZURE_(?:CLIENT|FEDERATED|RESOURCE|SUBSCRIPTION|TENANT)_|DURABLE_TASK_SCHEDULER_|FUNCTIONS_|IDENTITY_|KEY_VAULT_URI$|MLFLOW_MIGRATE_|MSI_|PG(?:PASSWORD|PASSFILE|SERVICE)|REPORT_SIGNING_KEY$|TASKHUB_NAME$|WEBSITE_)/;

/** Is it a setting of the platform or of this program, and so never the connection of a source or target? */
export function isOwnSetting(name: string): boolean {
  return OWN.test(settingOf(name));
}
