import path from 'node:path'
import { type BackendConnection, type Clock, fingerprint, type Sensitive, systemClock } from '@ack-secret-manager/core'
import { AgeFilesBackend } from './age-files-backend.ts'
import { readRegularFile, type ReadFile } from './read-regular-file.ts'

/** Options of {@link ageFilesConnection}. */
export interface AgeFilesConnectionOptions {
  /** Directory of the encrypted files: secret `app/db` is `app/db.age`. */
  readonly directory: string
  /** Folder below `directory`. @default the directory itself */
  readonly folder?: string
  /** `AGE-SECRET-KEY-1…` */
  readonly identity: Sensitive<string>
  /** Deadline of one read. @default 10_000 */
  readonly timeoutMs?: number
  /** @default regular files below the directory, 1 MiB at most */
  readonly readFile?: ReadFile
  /** @default systemClock */
  readonly clock?: Clock
}

/** A connection to a folder of age files. Its key consists of the folder and the age key, for users of the package: the operator shares reads of equal configs. */
export function ageFilesConnection(options: AgeFilesConnectionOptions): BackendConnection {
  const { identity, folder = '', timeoutMs = 10_000, readFile = readRegularFile, clock = systemClock } = options
  const root = path.resolve(options.directory, folder)
  return {
    key: JSON.stringify(['age-files', root, fingerprint('age-files', identity.expose())]),
    kind: 'age-files',
    quota: { account: root, region: '' },
    backend: new AgeFilesBackend({ root, identity, timeoutMs, readFile, clock }),
  }
}
