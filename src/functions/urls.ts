/** Where the status of a migration is told, and where what can be done with it lies below. */
export function statusUrlOf(id: string): string {
  return `/api/migrations/${id}`;
}
