import { kmsEndpointBackend } from '@ack-secret-manager/backend-kms-endpoint'
import type { CommandCall } from '@ack-secret-manager/command-line'
import { defined, isSecretSyncError, messageWithRequestId, Sensitive } from '@ack-secret-manager/core'
import { commandFailureOf } from '../failure.ts'
import { InputError } from '../input-error.ts'
import { retryUntil } from '../retry-until.ts'
import { carryOut, type ChangeContext, consentFor, refusalOf } from '../manage/run-change.ts'
import { type ManageSession, withManagement } from '../manage/with-management.ts'
import { utf8, valueOf } from '../put/value-of.ts'
import type { Consent } from '../terminal/consent.ts'
import { workLimit } from '../time-limit.ts'
import { DeclinedError } from '../terminal/declined-error.ts'
import { EditFile } from './edit-file.ts'
import type { EDIT_FLAGS } from './edit-flags.ts'
import { type Edited, editedText, isJson } from './edited-text.ts'
import { editorOf } from './editor-command.ts'
import { jsonText } from '../output/json-text.ts'
import { keepingText } from './keeping-text.ts'

type Call = CommandCall<typeof EDIT_FLAGS>
type Changed = Extract<Edited, { readonly kind: 'changed' }>

/** The value that a user edits. */
interface Original {
  readonly versionId: string
  readonly text: string
}

/** `acksm edit` */
export async function runEdit(call: Call): Promise<number> {
  const consent = consentFor(call)
  return withManagement(call, async (session) => {
    const original = await readOriginal(call.argument, session, call)
    const { text } = original
    const name = (call.argument.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_')
    await using file = await EditFile.create(`${name}.${isJson(text) ? 'json' : 'txt'}`, text, call.io, session.log)
    return await editUntilStored(original, file, { call, session, consent })
  })
}

/** The current value. A secret that cannot be written is refused before its value is read. */
async function readOriginal(name: string, session: ManageSession, { io }: Call): Promise<Original> {
  const { kms, endpoint, identity, proxy, log, limited, during } = session
  const { signal } = io
  // The value of this plan is a placeholder, which is never sent.
  const plan = await during(
    () => `reading ${name} …`,
    limited((timeoutMs) => kms.plan({ kind: 'put', name, value: new Sensitive('-') }, { timeoutMs, signal })),
  )
  if (plan.kind === 'refused') throw refusalOf(plan)
  const current = plan.kind === 'steps' && plan.observed?.versions.find(({ stages }) => stages.includes('ACSCurrent'))
  if (!current) throw new InputError([`${name} has no current version: promote a version first`])
  const { versionId } = current
  const backend = kmsEndpointBackend({ endpoint, provider: identity, ...defined({ proxy }) })
  try {
    const reading = limited((timeoutMs) =>
      retryUntil((within) => backend.read({ name, versionId }, { signal: within }), {
        timeoutMs,
        what: `reading ${name} from ${endpoint}`,
        signal,
        onRetry: (error) => log.debug(`${messageWithRequestId(error)}; retrying`),
      }),
    )
    const { bytes, dataType } = await during(() => `reading ${name} …`, reading)
    const text = dataType === 'text' ? utf8(bytes.expose()) : undefined
    if (text !== undefined) return { versionId, text }
    throw new InputError([`${name} is binary: use acksm get ${name} > FILE, and acksm put ${name} --from-file FILE`])
  } finally {
    await backend.close()
  }
}

interface EditContext {
  readonly call: Call
  readonly session: ManageSession
  readonly consent: Consent
}

/** Keeps the file until its text is stored or given up, so that a failure does not cost the user the text. */
async function editUntilStored(original: Original, file: EditFile, context: EditContext): Promise<number> {
  const { call, session, consent } = context
  const { argument: name, flags, io } = call
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- the user edits again
    const changed = await edited(original, file, context)
    if (changed === undefined) {
      if (flags.output === 'json') io.stdout.write(jsonText({ name, changed: false }))
      else io.stdout.write(`${name}: nothing to do: the value is the same\n`)
      return 0
    }
    try {
      // oxlint-disable-next-line no-await-in-loop -- the user edits again
      return await store(changed, original.versionId, {
        ...call,
        name,
        // The user may edit again after a timeout.
        session: { ...session, limited: workLimit(flags.timeout) },
        consent: keepingText(consent, io),
      })
    } catch (error) {
      // oxlint-disable-next-line no-await-in-loop -- the user edits again
      await askToEditAgain(error, context)
    }
  }
}

/** @throws the error, unless the user wants to edit again */
async function askToEditAgain(error: unknown, { call: { flags, io }, consent }: EditContext): Promise<void> {
  const { lines, exitCode } = commandFailureOf(error, 'edit', io.signal)
  if (flags.yes || flags['dry-run'] || exitCode === 130) throw error
  try {
    await consent({ lines: error instanceof DeclinedError ? [] : lines, question: 'Edit again?' })
  } catch (answer) {
    throw answer instanceof DeclinedError ? error : answer
  }
}

/**
 * Opens the editor, again if the user wants to mend the text.
 * @returns undefined if the text is the same
 */
async function edited(
  { text }: Original,
  file: EditFile,
  { call, consent }: EditContext,
): Promise<Changed | undefined> {
  const { flags, io } = call
  const editor = editorOf(flags.editor, io.env)
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- the user edits again
    const result = editedText(text, await file.edit(editor, io))
    switch (result.kind) {
      case 'same':
        return undefined
      case 'changed':
        return result
      case 'empty':
        throw new DeclinedError('the edited text is empty')
      case 'broken': {
        const why = `the value was JSON, and the edited text is not${result.where}`
        if (flags.yes || flags['dry-run']) throw new DeclinedError(`${why}; acksm put stores any text`)
        // oxlint-disable-next-line no-await-in-loop -- the user edits again
        await consent({ lines: [why], question: 'Edit again?' })
      }
    }
  }
}

/** Stores the text. If another version is current by then, the user decides, and does not lose the text. */
async function store(
  { text, notes }: Changed,
  ifCurrent: string,
  { name, ...context }: ChangeContext & { readonly flags: Call['flags']; readonly name: string },
): Promise<number> {
  const { description } = valueOf(Buffer.from(text), { isBinary: false, trimNewline: false })
  const put = (expected: { readonly ifCurrent?: string }): Promise<number> => {
    const versionId = context.flags['version-id']
    const change = { kind: 'put', name, value: new Sensitive(text), ...expected, ...defined({ versionId }) } as const
    return carryOut({ change, notes: [`note: the value is ${description}`, ...notes] }, context)
  }
  try {
    return await put({ ifCurrent })
  } catch (error) {
    if (!isSecretSyncError(error) || error.code !== 'Conflict' || context.flags.yes) throw error
    await context.consent({ lines: [error.message], question: 'Store your text nevertheless?' })
    return put({})
  }
}
