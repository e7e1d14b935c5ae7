/** The setting that holds a secret where no Key Vault does, which writes dashes for underscores. */
export function settingOf(secret: string): string {
  return secret.toUpperCase().replaceAll('-', '_');
}
