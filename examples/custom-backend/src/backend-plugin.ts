import { readFileSync } from 'node:fs'
import { BACKEND_CONTRACT_VERSION, type BackendPlugin, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import { type AgeFilesConfig, ageFilesConfigSchema } from './age-files-config.ts'
import { ageFilesConnection } from './age-files-connection.ts'

/**
 * Loaded by `--backend-package @example/backend-age-files`. `AGE_FILES_DIR` is the folder with the files, and
 * `AGE_FILES_IDENTITY_FILE` the key file from `age-keygen`. A store can choose neither.
 */
export const backendPlugin: BackendPlugin<AgeFilesConfig> = {
  contractVersion: BACKEND_CONTRACT_VERSION,
  name: 'age-files',
  optionsSchema: ageFilesConfigSchema,
  connect: ({ folder }, { env, clock }) => {
    const directory = required(env, 'AGE_FILES_DIR')
    const identity = readIdentity(required(env, 'AGE_FILES_IDENTITY_FILE'))
    return ageFilesConnection({ directory, identity, clock, ...(folder === undefined ? {} : { folder }) })
  },
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value) return value
  throw new SecretSyncError('Unauthenticated', `environment variable ${name} is not set`)
}

function readIdentity(file: string): Sensitive<string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new SecretSyncError('Unauthenticated', `AGE_FILES_IDENTITY_FILE cannot be read (${code})`)
  }
  // The format allows comments and blank lines; the first key is used.
  const key = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith('AGE-SECRET-KEY-'))
  if (key === undefined)
    throw new SecretSyncError('Unauthenticated', 'AGE_FILES_IDENTITY_FILE contains no AGE-SECRET-KEY-')
  return new Sensitive(key)
}
