/** An archive of MongoDB's download, and the digest of exactly the file that was meant. */
export interface PinnedArchive {
  /** Path at the host. */
  readonly path: string;
  readonly sha256: string;
}

/**
 * MongoDB 8.2.6 by `process.platform` and `process.arch`, for Linux with OpenSSL 3 and a glibc as of Ubuntu 24.04. The digests are
 * those that nixpkgs pins for the same files (pkgs/by-name/mo/mongodb-ce/package.nix); MongoDB publishes them beside each file. Where a platform is missing, nothing is downloaded for it: what cannot be checked is not run.
 */
export const PINNED_ARCHIVES: Readonly<Record<string, PinnedArchive>> = {
  'linux-x64': {
    path: 'linux/mongodb-linux-x86_64-ubuntu2404-8.2.6.tgz',
    sha256: '56314a0f0a81238d974302fbffe7862efe9694c498ead62a0bca92cb595a0df0',
  },
  'linux-arm64': {
    path: 'linux/mongodb-linux-aarch64-ubuntu2404-8.2.6.tgz',
    sha256: '8eaa50d208e82df9effa462a6c5cb200a65b037fa118af0153f701ce1ceab422',
  },
  'darwin-x64': {
    path: 'osx/mongodb-macos-x86_64-8.2.6.tgz',
    sha256: '39b6ba80ad21ad1ca8dbd989d7fe81a60aa5f41475eb42d4247fe40740062f3d',
  },
  'darwin-arm64': {
    path: 'osx/mongodb-macos-arm64-8.2.6.tgz',
    sha256: 'ef8301d05cdb4686775aee1ddce391b5f1cd67cdc61179c2d21dab246a2c4f1b',
  },
};
