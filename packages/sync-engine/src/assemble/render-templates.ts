import {
  isSecretSyncError,
  type MetadataName,
  SecretSyncError,
  Sensitive,
  type TargetMetadata,
  type TargetRef,
  type TemplateRenderer,
  type TemplateText,
} from '@ack-secret-manager/core'
import { isLabelValue, isSecretKey, whyNotMetadataName } from '@ack-secret-manager/resources'
import { keyValueLines } from './key-value-lines.ts'
import { objectId, type PlannedTemplate, type PlannedTemplates, type TemplateObject } from '../plan/template-plan.ts'
import type { ExtractedKey } from './extracted-key.ts'
import type { TemplateContent } from '../plan/template-sources.ts'

/** Maximum number of labels, and of annotations, from templates. */
const MAX_NAMES = 64
/** Maximum size of all annotations from templates. Kubernetes allows 256 KiB; provenance needs most of it. */
const MAX_ANNOTATION_BYTES = 32 * 1024

export interface RenderContext {
  readonly renderer: Pick<TemplateRenderer, 'render'>
  /** Data of the objects that hold templates, by `objectId`; undefined for one that does not exist. */
  readonly contents: ReadonlyMap<string, TemplateContent | undefined>
  readonly seed: string
  readonly signal: AbortSignal
}

/** The output of all templates. */
export interface RenderedParts {
  readonly data: ReadonlyMap<string, Sensitive<Uint8Array>>
  readonly metadata: TargetMetadata
  /** Keys and metadata names that come from the output of a template and may be part of a value, each with its template. */
  readonly namedBy: ReadonlyMap<string, string>
}

interface MutableParts extends RenderedParts {
  readonly data: Map<string, Sensitive<Uint8Array>>
  readonly metadata: Map<MetadataName, string>
  readonly namedBy: Map<string, string>
}

/**
 * Renders all templates of a target, or none.
 * @throws SecretSyncError `TemplateError` | `InvalidKey` | `InvalidSpec`; `Internal` | `Cancelled` if the renderer failed
 */
export async function renderTemplates(
  { templates }: PlannedTemplates,
  keys: ReadonlyMap<string, ExtractedKey>,
  target: TargetRef,
  context: RenderContext | undefined,
): Promise<RenderedParts> {
  if (!context) throw new SecretSyncError('TemplateError', 'spec.target.template: templates are not supported here')
  const texts = templates.map((template) => ({ name: template.name, text: textOf(template, target, context.contents) }))
  const data = new Map(
    [...keys].map(([key, { content }]) => {
      if (content.bytes === undefined) throw new SecretSyncError('Internal', 'templates need the value of each key')
      return [key, content.bytes]
    }),
  )
  const { renderer, seed, signal } = context
  const outputs = await renderer
    .render({ templates: texts, data, seed }, { signal })
    .catch((error: unknown) => Promise.reject(describeRenderError(error, templates)))
  const parts: MutableParts = { data: new Map(), metadata: new Map(), namedBy: new Map() }
  for (const [index, template] of templates.entries()) {
    const output = outputs[index]
    if (output === undefined) throw new SecretSyncError('Internal', `${template.name}: the renderer returned no output`)
    addOutput(template, output, parts)
  }
  checkSizes(parts.metadata)
  return parts
}

function textOf(
  { text }: PlannedTemplate,
  target: TargetRef,
  contents: RenderContext['contents'],
): TemplateText['text'] {
  if (typeof text === 'string') return text
  const { object, key, field } = text
  const fail = (why: string): SecretSyncError =>
    new SecretSyncError('TemplateError', `${field}: ${describe(object)} ${why}`, { facts: { field } })
  if (object.kind === 'Secret' && object.name === target.name) throw fail('is the target itself')
  const content = contents.get(objectId(object))
  if (!content) throw fail('does not exist')
  const bytes = content.get(key)
  if (!bytes) throw fail(`has no key ${key}`)
  const decoded = decode(bytes.expose())
  if (decoded === undefined) throw fail(`has bytes in key ${key} that are not UTF-8 text`)
  return object.kind === 'Secret' ? new Sensitive(decoded) : decoded
}

function describe({ kind, namespace, name }: TemplateObject): string {
  return `${kind} ${namespace}/${name}`
}

/** Removes the text of templates that a Secret holds from an error of the renderer. */
function describeRenderError(error: unknown, templates: readonly PlannedTemplate[]): unknown {
  if (!isSecretSyncError(error)) return error
  if (error.code === 'Unavailable') return new SecretSyncError('Internal', `templates: ${error.message}`)
  if (error.code !== 'TemplateError') return error
  const field = error.facts.field ?? ''
  const found = templates.find(({ name }) => name === field)
  if (found === undefined || typeof found.text === 'string' || found.text.object.kind !== 'Secret') return error
  const [line = 'it'] = /\bline \d+/.exec(error.message) ?? []
  const why = `${field}: ${line} does not render; its text is not shown because a Secret holds it`
  return new SecretSyncError('TemplateError', why, { facts: error.facts })
}

/** Output may contain values, and in `key=value` lines even names. Messages contain neither. */
function addOutput({ name, part, key }: PlannedTemplate, output: Sensitive<Uint8Array>, parts: MutableParts): void {
  const fail = (code: 'TemplateError' | 'InvalidKey', why: string, line?: number): SecretSyncError =>
    new SecretSyncError(code, `${name}: ${line === undefined ? '' : `line ${line} of its output: `}${why}`, {
      facts: { field: name },
    })
  if (part === 'data' && key !== undefined) {
    if (!isSecretKey(key)) throw fail('InvalidKey', 'cannot be a key of a Secret')
    parts.data.set(key, output)
    parts.namedBy.delete(key)
    return
  }
  const text = decode(output.expose())
  if (text === undefined) throw fail('TemplateError', 'its output is not UTF-8 text')
  const lines = key === undefined ? keyValueLines(text) : [{ key, value: text, line: undefined }]
  for (const { key: given, value, line } of lines) {
    const field = part === 'data' ? given : `${part}/${given}`
    if (key === undefined) parts.namedBy.set(field, name)
    else parts.namedBy.delete(field)
    if (part === 'data') {
      if (!isSecretKey(given)) throw fail('InvalidKey', 'the text before "=" cannot be a key of a Secret', line)
      parts.data.set(given, new Sensitive<Uint8Array>(new TextEncoder().encode(value)))
      continue
    }
    const whyNot = whyNotMetadataName(given)
    if (whyNot !== undefined) throw fail('TemplateError', whyNot, line)
    if (part === 'labels' && !isLabelValue(value)) {
      const expected = "at most 63 letters, digits, '-', '_' and '.', the first and the last a letter or digit"
      throw fail('TemplateError', `not a valid label value (${expected})`, line)
    }
    parts.metadata.set(`${part}/${given}`, value)
  }
}

function checkSizes(metadata: TargetMetadata): void {
  for (const part of ['labels', 'annotations'] as const) {
    const ours = [...metadata].flatMap(([name, value]) =>
      name.startsWith(`${part}/`) ? `${name.slice(part.length + 1)}${value}` : [],
    )
    if (ours.length > MAX_NAMES) throw tooMuch(`produce ${ours.length} ${part}; the maximum is ${MAX_NAMES}`)
    const bytes = ours.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    if (bytes > MAX_ANNOTATION_BYTES)
      throw tooMuch(`produce ${bytes} bytes of ${part}; the maximum is ${MAX_ANNOTATION_BYTES}`)
  }
}

function tooMuch(what: string): SecretSyncError {
  return new SecretSyncError('TemplateError', `spec.target.template: the templates ${what}`)
}

/** Undefined for bytes that are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // Binary, or another encoding: the caller reports the template.
  }
}
