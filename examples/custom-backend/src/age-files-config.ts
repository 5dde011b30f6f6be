import { z } from 'zod'

/** A relative path of plain names: whoever writes a store must not get out of the folder that the operator was given. */
const RELATIVE_PATH = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/

/** `spec.plugin.config` of a store. */
export const ageFilesConfigSchema = z.strictObject({
  /** Folder below `AGE_FILES_DIR`. @default that folder itself */
  folder: z.string().max(200).regex(RELATIVE_PATH, 'expected a relative path such as team-a/prod').optional(),
})

/** A config that the schema has let through. */
export type AgeFilesConfig = z.output<typeof ageFilesConfigSchema>
