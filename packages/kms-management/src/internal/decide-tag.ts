import { nameText } from '@ack-secret-manager/core'
import type { ChangeStep } from '../change-plan.ts'
import type { SecretChange, TagChange } from '../secret-change.ts'
import type { ObservedSecret } from '../secret-state.ts'
import { type Decision, deleted, refusal, steps } from './decision.ts'

type Tags = Readonly<Record<string, string>>

const TAG_LENGTH = 256
const MAX_TAGS = 20
const RESERVED_TAG = /^(?:aliyun|acs:)/

/** What to do to change tags and description. They are not of the value, so that managed secrets may have other ones. */
export function decideTag(change: TagChange, { description: observed }: ObservedSecret): Decision {
  const { tags: before = {}, plannedDeletionMs } = observed
  const { set = {}, remove = [], description } = change
  if (plannedDeletionMs !== undefined) throw deleted(change, plannedDeletionMs)
  checkTags(change, set)
  checkTags(change, Object.fromEntries(remove.map((key) => [key, ''])))
  const both = remove.filter((key) => Object.hasOwn(set, key)).map(nameText)
  if (both.length > 0) throw refusal(change, 'InvalidSpec', `tags: ${both.join(', ')} is both set and removed`, 'tags')
  const changed = Object.entries(set).filter(([key, value]) => !Object.hasOwn(before, key) || before[key] !== value)
  checkOverwrite(change, before, changed)
  const keys = [...new Set(remove)].filter((key) => Object.hasOwn(before, key))
  const absent = [...new Set(remove)].filter((key) => !Object.hasOwn(before, key))
  const after = new Set([...Object.keys(before).filter((key) => !keys.includes(key)), ...Object.keys(set)])
  if (after.size > MAX_TAGS)
    throw refusal(change, 'InvalidSpec', `it would have ${after.size} tags, KMS takes ${MAX_TAGS}`, 'tags')
  const isDescribed = description !== undefined && description !== observed.description
  const list: readonly ChangeStep[] = [
    // First those that go, because KMS counts the tags at each call.
    ...(keys.length === 0 ? [] : [{ action: 'UntagResource', keys } as const]),
    ...(changed.length === 0 ? [] : [{ action: 'TagResource', tags: Object.fromEntries(changed) } as const]),
    ...(isDescribed ? [{ action: 'UpdateSecret', description } as const] : []),
  ]
  const notes = absent.length === 0 ? [] : [`it has no tag ${absent.map(nameText).join(', ')}`]
  if (list.length > 0) return steps(list, notes)
  const same = [
    ...(Object.keys(set).length === 0 ? [] : ['its tags are so already']),
    ...(description === undefined ? [] : ['its description is so already']),
    ...notes,
  ]
  return { kind: 'none', why: same.length === 0 ? 'no tag is given' : same.join(', ') }
}

/** @throws SecretSyncError `InvalidSpec` */
export function checkTags(change: SecretChange, tags: Tags): void {
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS) throw refusal(change, 'InvalidSpec', `tags: expected at most ${MAX_TAGS}`, 'tags')
  for (const [key, value] of entries) {
    if (key === '' || key.length > TAG_LENGTH || value.length > TAG_LENGTH || RESERVED_TAG.test(key)) {
      const why = `tags: keys and values have at most ${TAG_LENGTH} characters, and keys do not begin with aliyun or acs:`
      throw refusal(change, 'InvalidSpec', why, 'tags')
    }
  }
}

/** @throws SecretSyncError `Conflict` with the tags that would change */
function checkOverwrite(change: TagChange, before: Tags, changed: readonly (readonly [string, string])[]): void {
  const others = changed.filter(([key]) => Object.hasOwn(before, key))
  if (change.overwrite !== false || others.length === 0) return
  const found = others.map(([key]) => nameText(`${key}=${before[key]}`)).join(', ')
  throw refusal(change, 'Conflict', `it has another value for tags: ${found}`, 'overwrite')
}
