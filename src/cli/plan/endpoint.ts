/** One end of a migration as the options, the file and the environment name it. */
export interface Endpoint<Fields> {
  /** Goes to the app. Names only, never a URI. */
  readonly fields: Fields;
  /** Setting of the local host that holds the URI, and the URI; null where a Key Vault or an identity leads there. */
  readonly setting: { readonly name: string; readonly uri: string } | null;
  /** `host:port/database` for people; the name where the URI is not known here. */
  readonly display: string;
  /** Database of this end, or what stands for it where the URI is not known here, and the schema in it that is asked for. */
  readonly database: string;
  readonly schema: string | null;
}
