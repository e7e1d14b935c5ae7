/** Does a failure of the durable client say that there is no orchestration of that id? Its text is all that tells; ports and ids may hold a 404 too. */
export function isUnknownRun(error: unknown): boolean {
  return error instanceof Error && /replied with HTTP 404 response/.test(error.message);
}
