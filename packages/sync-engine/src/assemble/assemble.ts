import {
  type ContentDigester,
  defined,
  type OwnerRecord,
  SecretSyncError,
  type TargetRef,
} from '@ack-secret-manager/core'
import { isSecretKey } from '@ack-secret-manager/resources'
import type { AssembledSecret, DesiredKey } from '../model/desired-secret.ts'
import type { Pause } from '../queue/turn-pacer.ts'
import { type ExtractedKeys, extractKeys } from './extract-keys.ts'
import { byteLengthOf, type ExtractedKey, type KeyContent } from './extracted-key.ts'
import { fitAdditions } from './fit-additions.ts'
import type { GeneratedKeys } from '../model/generated-key.ts'
import { templateProvenance } from '../model/template-provenance.ts'
import { type RenderContext, type RenderedParts, renderTemplates } from './render-templates.ts'
import type { SourceKey, SourceReading } from '../model/source-reading.ts'
import type { SyncPlan } from '../plan/sync-plan.ts'

/** Limit of the API server for the values of one Secret, without keys. */
const MAX_SECRET_BYTES = 1024 * 1024

const NOTHING: RenderedParts = { data: new Map(), metadata: new Map(), namedBy: new Map() }

/** The input of {@link assemble} besides the plan. */
export interface AssembleInput {
  readonly readings: ReadonlyMap<SourceKey, SourceReading>
  readonly target: TargetRef
  readonly digester: ContentDigester
  /** Undefined if no renderer is configured; a plan with templates is then refused. */
  readonly rendering: RenderContext | undefined
  /** The record of the target; undefined if it has none. */
  readonly record?: OwnerRecord | undefined
  /** A key of an optional secret is removed only after two NotFound responses. @default false */
  readonly confirmAbsence?: boolean | undefined
  /** Set if finds must not add anything: the reason. @default they add what they find */
  readonly refuseAdditions?: SecretSyncError | undefined
  /** Keys of `spec.generate`, which come from no store. @default none */
  readonly generated?: GeneratedKeys | undefined
  /** Yields to other work during long computations. @default the next event loop turn */
  readonly pause?: Pause
}

/**
 * Builds the keys, labels and annotations of one target from its readings. Templates render from all values or not at all,
 * because one missing value can make every rendered key wrong.
 * @throws SecretSyncError `InvalidKey` | `DuplicateKey` | `TemplateError` | `TooLarge` | `NoData` if nothing may be
 * written; `Internal` | `Cancelled` if the renderer failed
 */
export async function assemble(plan: SyncPlan, input: AssembleInput): Promise<AssembledSecret> {
  const { readings, target, digester, rendering, generated } = input
  const all = await extractKeys(plan, readings, input)
  const extracted = plan.templates === undefined ? fitAdditions(all, MAX_SECRET_BYTES) : all
  const { keys, sources } = extracted
  const refused = [...extracted.refused]
  // If nothing else was extracted, the refused entries are the failure.
  const failures = keys.size === 0 && extracted.failures.length === 0 ? refused.splice(0) : extracted.failures
  if (keys.size === 0 && failures.length === 0) {
    throw new SecretSyncError('NoData', 'nothing to write: every entry is optional and not found, or empty')
  }
  const found = defined({ found: extracted.found })
  if (plan.templates !== undefined && failures.length > 0) {
    // Only the templates decide which keys a failed entry affects.
    const unnamed = failures.map((failure) => ({ ...failure, keys: undefined }))
    return { ...NOTHING, failures: unnamed, refused, ...found, sources, data: new Map() }
  }
  const rendered =
    plan.templates === undefined ? NOTHING : await renderTemplates(plan.templates, keys, target, rendering)

  const data = new Map<string, DesiredKey>()
  let size = 0
  const add = (
    key: string,
    content: KeyContent,
    origin: { readonly secret: string; readonly versionId: string },
  ): void => {
    size += byteLengthOf(content)
    const { bytes } = content
    const digest = bytes === undefined ? content.digest : digester.digest(target, key, bytes.expose())
    data.set(key, { ...origin, bytes, digest })
  }
  // A generated value exists only in the target, so it is also kept if templates replace the other keys.
  const isGeneratedKey = (key: string): boolean => generated?.values.has(key) === true
  const isWritten = (key: string): boolean => plan.templates?.keepsKeys !== false || isGeneratedKey(key)
  for (const [key, { content, entry, versionId }] of keys) {
    if (rendered.data.has(key) && isGeneratedKey(key)) throw renderedOver(key, entry)
    if (rendered.data.has(key) || !isWritten(key)) continue
    checkKey(key, entry, keys)
    add(key, content, { secret: entry.secret, versionId })
  }
  const origin = templateProvenance([...sources, ...(generated?.values.values() ?? [])])
  for (const [key, bytes] of rendered.data) add(key, { bytes }, origin)
  if (size > MAX_SECRET_BYTES) {
    throw new SecretSyncError(
      'TooLarge',
      `the values of the Secret have ${size} bytes; the maximum is ${MAX_SECRET_BYTES}`,
    )
  }
  if (data.size === 0 && failures.length === 0) {
    throw new SecretSyncError('NoData', 'spec.target.template: no template produced a key')
  }
  return { ...rendered, data, failures, refused, ...found, sources }
}

/** The next sync would take the output of the template for the generated value. */
function renderedOver(key: string, { field }: Pick<ExtractedKey['entry'], 'field'>): SecretSyncError {
  const why = `${field}.name: key ${key} is also produced by spec.target.template; rename one of them`
  return new SecretSyncError('DuplicateKey', why, { facts: { field: `${field}.name` } })
}

function checkKey(key: string, entry: ExtractedKey['entry'], keys: ExtractedKeys['keys']): void {
  if (isSecretKey(key)) return
  const { field, shape } = entry
  // Names in the spec are safe to show. Names in a document may be part of a value, as in the YAML "Password=x; Host: y".
  const rules = shape.kind === 'whole' || shape.kind === 'none' ? undefined : shape.rules
  const ofEntry = [...keys].filter(([, other]) => other.entry === entry).map(([other]) => other)
  const label =
    shape.kind === 'members' ? `the name of member ${ofEntry.indexOf(key) + 1}` : JSON.stringify(key.slice(0, 100))
  if (key === '' && rules) {
    throw new SecretSyncError(
      'InvalidKey',
      `${field}: ${label} is empty after replaceRule; change the rule so that part of each name remains`,
      { facts: { field } },
    )
  }
  throw new SecretSyncError(
    'InvalidKey',
    `${field}: ${label} cannot be a key of a Secret (letters, digits, '-', '_', '.', at most 253); rename it with objectAlias or replaceRule`,
    { facts: { field } },
  )
}
