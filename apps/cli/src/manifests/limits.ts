/** Limits of what is read as manifests. */
export const MANIFEST_LIMITS = {
  /** One file, or stdin. */
  fileBytes: 16 * 1024 * 1024,
  /** All of them. */
  totalBytes: 128 * 1024 * 1024,
  files: 10_000,
  /** Objects, those of lists included. */
  objects: 100_000,
  /** Aliases (`*name`) that one YAML document may resolve to. */
  aliases: 1_000,
} as const
