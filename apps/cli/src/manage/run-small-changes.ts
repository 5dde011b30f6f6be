import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { defined } from '@ack-secret-manager/core'
import type { CHANGE_FLAGS } from './manage-flags.ts'
import { runChange } from './run-change.ts'
import type { DELETE_FLAGS, PROMOTE_FLAGS, ROTATE_FLAGS } from './small-change-flags.ts'

/** `acksm rotate` */
export function runRotate(call: CommandCall<typeof ROTATE_FLAGS>): Promise<number> {
  const { argument: name, flags } = call
  return runChange(call, () => ({ change: { kind: 'rotate', name, ...defined({ versionId: flags['version-id'] }) } }))
}

/** `acksm promote` */
export async function runPromote(call: CommandCall<typeof PROMOTE_FLAGS>): Promise<number> {
  const { argument: name, more, flags } = call
  const [argument] = more
  const flag = flags['version-id']
  if (argument !== undefined && flag !== undefined && argument !== flag)
    throw new UsageError('VERSION_ID and --version-id are different; use one of them')
  const versionId = argument ?? flag
  if (versionId === undefined)
    throw new UsageError(
      `VERSION_ID is missing: acksm promote ${name} VERSION_ID; for its versions run acksm versions ${name}`,
    )
  return runChange(call, () => ({ change: { kind: 'promote', name, versionId } }))
}

/** `acksm rollback` */
export function runRollback(call: CommandCall<typeof CHANGE_FLAGS>): Promise<number> {
  return runChange(call, () => ({ change: { kind: 'rollback', name: call.argument } }))
}

/** `acksm delete` */
export async function runDelete(call: CommandCall<typeof DELETE_FLAGS>): Promise<number> {
  const { argument: name, flags } = call
  const { force, 'recovery-days': recoveryDays } = flags
  if (force && recoveryDays !== undefined)
    throw new UsageError('--force and --recovery-days cannot be combined; use one of them')
  return runChange(call, () => ({
    change: { kind: 'delete', name, force, ...defined({ recoveryDays }) },
    ...(force ? { typed: name } : {}),
  }))
}

/** `acksm restore` */
export function runRestore(call: CommandCall<typeof CHANGE_FLAGS>): Promise<number> {
  return runChange(call, () => ({ change: { kind: 'restore', name: call.argument } }))
}
