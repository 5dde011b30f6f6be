import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { defined } from '@ack-secret-manager/core'
import { runChange } from '../manage/run-change.ts'
import { parseTagChanges } from './parse-tag-changes.ts'
import type { TAG_FLAGS } from './tag-flags.ts'

/** `acksm tag` */
export async function runTag(call: CommandCall<typeof TAG_FLAGS>): Promise<number> {
  const { argument: name, more, flags } = call
  const { overwrite, description } = flags
  if (more.length === 0 && description === undefined)
    throw new UsageError('nothing to change: expected KEY=VALUE, KEY- or --description TEXT')
  const { set, remove } = parseTagChanges(more)
  return runChange(call, () => ({ change: { kind: 'tag', name, set, remove, overwrite, ...defined({ description }) } }))
}
