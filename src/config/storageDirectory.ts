import { fileURLToPath } from 'node:url';

/** The directory that a setting names in place of a storage account (`file:///var/lib/blobs`); null for anything else. */
export function storageDirectory(setting: string): string | null {
  if (!/^file:\/\/\//i.test(setting)) return null;
  try {
    return fileURLToPath(setting);
  } catch {
    // Such as an escaped slash in a name.
    return null;
  }
}
