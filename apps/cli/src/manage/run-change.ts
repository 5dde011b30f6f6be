import type { CommandCall } from '@ack-secret-manager/command-line'
import { isSecretSyncError, SecretSyncError, systemClock } from '@ack-secret-manager/core'
import type { ChangePlan, SecretChange, StepState } from '@ack-secret-manager/kms-management'
import { printable } from '../output/printable.ts'
import { withRestoreCommand } from '../restore-hint.ts'
import { type Consent, consentOf } from '../terminal/consent.ts'
import { InterruptedError } from '../terminal/interrupted-error.ts'
import { announceChange, hintQueuesOf } from './announce-change.ts'
import { changeText, newCurrentOf, type StepsPlan } from './change-text.ts'
import type { CHANGE_FLAGS } from './manage-flags.ts'
import { type ManageSession, withManagement } from './with-management.ts'
import { jsonText } from '../output/json-text.ts'

/** A command that changes a secret. */
export type ChangeCall = Pick<CommandCall<typeof CHANGE_FLAGS>, 'flags' | 'typed' | 'io'>

/** A change, and how the user is asked for it. */
export interface ChangeRequest {
  readonly change: SecretChange
  /** Shown after what changes, before the question. */
  readonly notes?: readonly string[]
  /** Notes that a call with `--yes` shows as well. */
  readonly warnings?: readonly string[]
  /** A text that the user types instead of `y`. */
  readonly typed?: string
}

/** Plans a change, asks, and applies it. @param requestOf may read the value; called after the flags have been checked */
export async function runChange(
  call: ChangeCall,
  requestOf: (session: ManageSession) => ChangeRequest | Promise<ChangeRequest>,
): Promise<number> {
  const consent = consentFor(call)
  return withManagement(call, async (session) => carryOut(await requestOf(session), { ...call, session, consent }))
}

/** How a command asks; a dry run does not. @throws UsageError without a terminal and without `--yes` */
export function consentFor({ flags, io }: ChangeCall): Consent {
  return consentOf(io, { yes: flags.yes || flags['dry-run'] })
}

/** What {@link carryOut} works with. */
export interface ChangeContext extends ChangeCall {
  readonly session: ManageSession
  readonly consent: Consent
}

/** Plans a change, asks, applies it, and prints what has changed. @returns the exit code 0 @throws for any other */
export async function carryOut(request: ChangeRequest, context: ChangeContext): Promise<number> {
  const { change, notes = [], warnings = [], typed } = request
  const { session, consent, flags, io } = context
  const { kms, endpoint, log, limited, during } = session
  const { name } = change
  const queues = hintQueuesOf(flags, session)
  const plan = await during(
    () => `reading ${name} …`,
    limited((timeoutMs) => kms.plan(change, { timeoutMs, signal: io.signal })),
  )
  if (plan.kind === 'refused') throw refusalOf(plan)
  if (plan.kind === 'none') return print(plan, `${name}: nothing to do: ${plan.why}`, context)
  const { before, after } = changeText(plan, systemClock.now())
  const important = [...warnings, ...plan.notes.map((note) => `note: ${note}`)]
  const allNotes = [...notes, ...important]
  if (flags['dry-run']) return print(plan, [`${name}: ${before} (dry run)`, ...allNotes].join('\n'), context)
  const lines = [`At ${endpoint}:`, ...[`${name}: ${before}`, ...allNotes].map((line) => `  ${line}`)]
  if (flags.yes) for (const note of important) log.info(`${name}: ${note}`)
  await consent({ lines, ...(typed === undefined ? {} : { typed }) })
  await apply(plan, context)
  await announceChange(change, queues, { session, flags, signal: io.signal })
  return print(plan, `${name}: ${after}`, context)
}

/** Why a plan is refused, with the flag that helps. */
export function refusalOf({ change, error }: Extract<ChangePlan, { readonly kind: 'refused' }>): unknown {
  if (change.kind === 'tag' && error.facts.field === 'overwrite') {
    return new SecretSyncError(error.code, `${error.message}; add --overwrite to change them`, { facts: error.facts })
  }
  if (change.kind !== 'put' || change.create !== false || error.code !== 'NotFound')
    return withRestoreCommand(error, change.name)
  const what = `KMS secret ${JSON.stringify(change.name)}: there is no such secret`
  return new SecretSyncError('NotFound', `${what}: check its name and region, or add --create`, { facts: error.facts })
}

async function apply(plan: StepsPlan, { session: { kms, limited, during }, io }: ChangeContext): Promise<void> {
  let last: StepState | undefined
  const onStep = (_step: unknown, state: StepState): void => {
    last = state
  }
  try {
    const { name } = plan.change
    await during(
      () => `changing ${name} …`,
      limited((timeoutMs) => kms.apply(plan, { timeoutMs, signal: io.signal, onStep })),
    )
  } catch (error) {
    if (last !== 'sent') throw withRestoreCommand(error, plan.change.name)
    const hint = `KMS may have made the change: ${whatNow(plan)}`
    if (io.signal.aborted) {
      io.stderr.write(`acksm: interrupted; ${printable(hint)}\n`)
      throw new InterruptedError()
    }
    if (!isSecretSyncError(error)) throw error
    throw new SecretSyncError(error.code, `${error.message}; ${hint}`, { facts: error.facts, cause: error })
  }
}

/** What to do after a change whose response is lost. */
function whatNow(plan: StepsPlan): string {
  const { kind, name } = plan.change
  switch (kind) {
    case 'put':
      return `repeat the command with the same value and --version-id ${newCurrentOf(plan)}, which changes nothing if it is made; if the value cannot be repeated, run acksm versions ${name}`
    case 'rotate':
      return `repeat the command with --version-id ${newCurrentOf(plan)}, which changes nothing if it is made`
    case 'rollback':
      return `run acksm versions ${name} before you repeat it, because a second rollback goes back`
    case 'promote':
    case 'delete':
    case 'restore':
    case 'tag':
      return 'repeat the command, which changes nothing if it is made'
  }
}

function print(plan: Exclude<ChangePlan, { kind: 'refused' }>, text: string, { flags, io }: ChangeCall): number {
  if (flags.output === 'json') {
    const { change, kind } = plan
    const isPlanned = kind === 'steps'
    const document = {
      name: change.name,
      changed: isPlanned && !flags['dry-run'],
      dryRun: flags['dry-run'],
      message: text.split('\n')[0],
      steps: isPlanned ? plan.steps : [],
      ...(isPlanned ? { notes: plan.notes } : {}),
    }
    io.stdout.write(jsonText(document))
  } else io.stdout.write(text.replace(/^.*$/gm, printable).concat('\n'))
  return 0
}
