import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { MAX_CLIENT_KEY_BYTES, parseClientKey } from '@ack-secret-manager/auth-aap'
import { kmsInstanceConnection } from '@ack-secret-manager/backend-kms-instance'
import { type CommandIo, type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import { defined, isSecretSyncError } from '@ack-secret-manager/core'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { regionOf } from '../identity/region.ts'
import { InputError } from '../input-error.ts'
import { unreadable } from '../manifests/list-files.ts'
import type { GET_FLAGS } from './get-flags.ts'
import type { SecretSource } from './secret-source.ts'

const MAX_CA_BYTES = 262_144

/** A KMS instance that is read with a client key. @throws UsageError | InputError | SecretSyncError `InvalidSpec` */
export async function clientKeySource(flags: FlagValues<typeof GET_FLAGS>, io: CommandIo): Promise<SecretSource> {
  const { endpoint, provider, 'client-key': file, 'client-key-password': passwordFile } = flags
  if (provider !== 'kms') throw new UsageError(`--auth aap: ${provider} does not support client keys`)
  if (endpoint === undefined) throw new UsageError('--auth aap needs --endpoint: id or host of the KMS instance')
  if (file === undefined) throw new UsageError('--auth aap needs --client-key FILE')
  if (passwordFile === undefined) throw new UsageError('--auth aap needs --client-key-password FILE')
  const caFile = flags['instance-ca']
  const content = await readFlagFile('client-key', file, MAX_CLIENT_KEY_BYTES, io)
  const password = await readFlagFile('client-key-password', passwordFile, MAX_CLIENT_KEY_BYTES, io)
  const ca = caFile === undefined ? undefined : await readFlagFile('instance-ca', caFile, MAX_CA_BYTES, io)
  const clientKey = openKey({
    content,
    password,
    contentName: `--client-key ${file}`,
    passwordName: `--client-key-password ${passwordFile}`,
  })
  try {
    const { backend } = kmsInstanceConnection({
      region: regionOf({ flag: flags.region, env: io.env, profile: undefined }),
      endpoint,
      clientKey,
      ...defined({ proxy: proxyRoutesOf(io.env) }),
      ...(ca === undefined ? {} : { ca: ca.toString('utf8') }),
    })
    return {
      backend,
      close: async () => {
        await backend.close()
        clientKey.close()
      },
    }
  } catch (error) {
    clientKey.close()
    throw error
  }
}

/** Reports invalid files as invalid input, not as a failure of KMS. */
function openKey(options: Parameters<typeof parseClientKey>[0]): ReturnType<typeof parseClientKey> {
  try {
    return parseClientKey(options)
  } catch (error) {
    throw isSecretSyncError(error) ? new InputError([error.message]) : error
  }
}

async function readFlagFile(flag: string, file: string, maxBytes: number, io: CommandIo): Promise<Buffer> {
  const label = `--${flag} ${file}`
  let bytes: Buffer
  try {
    // `end` is inclusive: one byte more than allowed shows that the file is too large.
    const stream = createReadStream(path.resolve(io.cwd, file), { end: maxBytes, signal: io.signal })
    bytes = Buffer.concat(await Array.fromAsync<Uint8Array>(stream))
  } catch (error) {
    throw io.signal.aborted ? error : unreadable(label, error)
  }
  if (bytes.length > maxBytes) throw new InputError([`${label}: larger than ${maxBytes} bytes`])
  return bytes
}
