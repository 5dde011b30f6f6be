import type { CommandCall, FlagValues } from '@ack-secret-manager/command-line'
import { defined, Sensitive } from '@ack-secret-manager/core'
import type { NewSecret } from '@ack-secret-manager/kms-management'
import { InputError } from '../input-error.ts'
import { parseTags } from '../list/parse-tags.ts'
import { type ChangeRequest, runChange } from '../manage/run-change.ts'
import type { ManageSession } from '../manage/with-management.ts'
import type { PUT_FLAGS } from './put-flags.ts'
import { readValue } from './read-value.ts'
import { valueOf } from './value-of.ts'

type Call = CommandCall<typeof PUT_FLAGS>

/** Flags that only a secret that is created has. */
const CREATION_FLAGS = ['description', 'tag', 'kms-key', 'instance'] as const

/** `acksm put` */
export async function runPut(call: Call): Promise<number> {
  const create = newSecretOf(call.flags)
  return runChange(call, (session) => requestOf(call, create, session))
}

async function requestOf(
  { flags, typed, argument: name, io }: Call,
  create: NewSecret,
  { kms, limited, during }: ManageSession,
): Promise<ChangeRequest> {
  // Variables are for all calls, so that they apply only where a secret is created.
  const given = CREATION_FLAGS.filter((flag) => typed.has(flag))
  const input = await readValue({ name, file: flags['from-file'] }, io)
  const { value, description, endsWithNewline } = valueOf(input, {
    isBinary: flags.binary,
    trimNewline: flags['trim-newline'],
  })
  if (value.length === 0) throw new InputError(['--trim-newline: the value is empty, which KMS does not store'])
  if (given.length > 0) {
    const observed = await during(
      () => `reading ${name} …`,
      limited((timeoutMs) => kms.observe(name, { timeoutMs, signal: io.signal })),
    )
    if (observed !== undefined) throw new InputError([`${name} exists: --${given[0]} is for a secret that is created`])
  }
  // Without a question, a mistyped name must not become a secret.
  const mayCreate = !flags.yes || flags.create || given.length > 0
  const newline = endsWithNewline ? ['note: the value ends with a line break; --trim-newline removes it'] : []
  return {
    change: {
      kind: 'put',
      name,
      value: new Sensitive(value),
      create: mayCreate && create,
      ...defined({ versionId: flags['version-id'] }),
    },
    notes: [`note: the value is ${description}`],
    warnings: newline,
  }
}

function newSecretOf(flags: FlagValues<typeof PUT_FLAGS>): NewSecret {
  const { description, tag, 'kms-key': encryptionKeyId, instance: kmsInstanceId } = flags
  const tags = parseTags(tag)
  return {
    ...defined({ description, encryptionKeyId, kmsInstanceId }),
    ...(tag.length === 0 ? {} : { tags }),
  }
}
