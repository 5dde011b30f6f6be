import { z } from 'zod'

/** A relative path without `.` or `..`, so that a store cannot point outside `AGE_FILES_DIR`. */
const RELATIVE_PATH = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/

/** `spec.plugin.config` of a store. */
export const ageFilesConfigSchema = z.strictObject({
  /** Folder below `AGE_FILES_DIR`. @default that folder itself */
  folder: z.string().max(200).regex(RELATIVE_PATH, 'expected a relative path such as team-a/prod').optional(),
})

/** A validated config. */
export type AgeFilesConfig = z.output<typeof ageFilesConfigSchema>
