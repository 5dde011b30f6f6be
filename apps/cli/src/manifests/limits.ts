/** Limits of manifests. */
export const MANIFEST_LIMITS = {
  /** One file, or stdin. */
  fileBytes: 16 * 1024 * 1024,
  /** All files together. */
  totalBytes: 128 * 1024 * 1024,
  files: 10_000,
  /** Objects, including those in lists. */
  objects: 100_000,
  /** Aliases (`*name`) in one YAML document. */
  aliases: 1_000,
} as const
