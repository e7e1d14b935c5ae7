/** The driver's own document sequence, which its insert uses for documents that are BSON already (lib/operations/insert.js, 7.9). */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string);
    push(document: object, buffer: Uint8Array): number;
  }
}
