import type { CommandCall } from '@ack-secret-manager/command-line'
import { defined, SecretSyncError } from '@ack-secret-manager/core'
import type { SecretSummary } from '@ack-secret-manager/kms-management'
import { type ManageSession, withManagement } from '../manage/with-management.ts'
import { printable } from '../output/printable.ts'
import { paintFor } from '../output/style.ts'
import { table } from '../output/table.ts'
import type { LIST_FLAGS } from './list-flags.ts'
import { listItem, listRows } from './list-rows.ts'
import { parseWantedTags } from './parse-tags.ts'
import { wantedTypes } from './wanted-types.ts'
import { jsonText } from '../output/json-text.ts'

type Call = CommandCall<typeof LIST_FLAGS>

/** Secrets that are held in memory to sort them. */
const MAX_LISTED = 100_000

interface Found {
  readonly secrets: readonly SecretSummary[]
  /** False if a secret may be missing, because the list kept changing. */
  readonly isComplete: boolean
}

/** `acksm list` */
export async function runList(call: Call): Promise<number> {
  const tags = parseWantedTags(call.flags.tag)
  const types = wantedTypes(call.flags.type)
  const found = await withManagement(call, (session) =>
    session.limited((timeoutMs) => collect(call, { tags, types }, { ...session, timeoutMs })),
  )
  print(found, call)
  return 0
}

async function collect(
  { flags, argument, io }: Call,
  { tags, types }: { readonly tags: ReturnType<typeof parseWantedTags>; readonly types: readonly string[] },
  { kms, log, during, timeoutMs }: ManageSession & { readonly timeoutMs: number },
): Promise<Found> {
  const secrets: SecretSummary[] = []
  let [read, total, isComplete] = [0, 0, true]
  const denied: SecretSyncError[] = []
  const hasDetails = flags.output === 'wide' || flags.output === 'json'
  const options = {
    filter: argument === '' ? undefined : argument,
    types: types.length === 0 ? undefined : types,
    tags: Object.keys(tags).length === 0 ? undefined : tags,
    withTags: hasDetails ? true : undefined,
  }
  const reading = async (): Promise<void> => {
    const list = kms.listSecrets({
      ...defined(options),
      deleted: flags.deleted,
      withRotation: hasDetails,
      onPage: (page) => ({ read, total } = page),
      onUnsettled: () => (isComplete = false),
      onRotationDenied: (error) => denied.push(error),
      timeoutMs,
      signal: io.signal,
    })
    for await (const secret of list) {
      if (secrets.length >= MAX_LISTED) {
        throw new SecretSyncError('TooLarge', `more than ${MAX_LISTED} secrets match: use a narrower pattern`)
      }
      secrets.push(secret)
    }
  }
  const progress = (): string =>
    total === 0 ? 'listing secrets …' : `${read} of ${total} secrets read, ${secrets.length} match …`
  await during(progress, reading())
  const [first] = denied
  if (first !== undefined) log.warn(`rotation of ${denied.length} secrets is unknown: ${first.message}`)
  if (!isComplete) log.warn('the list kept changing while it was read: a secret may be missing')
  if (secrets.length === 0) log.info(noneText(argument))
  return { secrets: secrets.toSorted(byName), isComplete }
}

function noneText(pattern: string): string {
  if (pattern === '') return 'no secrets match'
  const hint = `; a pattern is for whole names, so use '${pattern}*' for those that begin with it`
  return `no secrets match ${pattern}${/[*?]/.test(pattern) ? '' : hint}`
}

/** The same order in every locale. */
function byName({ name: one }: SecretSummary, { name: other }: SecretSummary): number {
  return one < other ? -1 : 1
}

function print({ secrets, isComplete }: Found, { flags, io }: Call): void {
  switch (flags.output) {
    case 'name':
      return void io.stdout.write(secrets.map(({ name }) => `${printable(name)}\n`).join(''))
    case 'json':
      return void io.stdout.write(jsonText({ secrets: secrets.map(listItem), complete: isComplete }, 2))
    case 'human':
    case 'wide':
      if (secrets.length > 0) io.stdout.write(table(listRows(secrets, flags.output === 'wide', paintFor(io))))
  }
}
