import { isSecretSyncError, type TemplateRenderer } from '@ack-secret-manager/core'
import { isRecord } from '../manifests/parse-objects.ts'
import type { SourceFile } from './source-object.ts'
import { absentFunctions } from './template-functions.ts'

/** A problem of a template, and its fix. */
export interface TemplateProblem {
  readonly what: string
  readonly todo?: string
}

/** The templates of the manifests, checked with the engine that will render them. */
export class TemplateTexts {
  readonly #unparsable: ReadonlyMap<string, string>
  readonly #configMaps: ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>

  private constructor(
    unparsable: ReadonlyMap<string, string>,
    configMaps: ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>,
  ) {
    this.#unparsable = unparsable
    this.#configMaps = configMaps
  }

  /** Parses all texts that look like templates. @throws SecretSyncError `Unavailable` when the engine fails */
  static async of(
    files: readonly SourceFile[],
    renderer: TemplateRenderer,
    signal: AbortSignal,
  ): Promise<TemplateTexts> {
    const unparsable = new Map<string, string>()
    const configMaps = new Map<string, Readonly<Record<string, unknown>>[]>()
    for (const { documents } of files) {
      for (const { kind, value } of documents.filter((each) => each.kind !== undefined)) {
        for (const text of templatesIn(value)) {
          const problem = await parseProblem(text, renderer, signal)
          if (problem !== undefined) unparsable.set(text, problem)
        }
        if (kind !== 'ConfigMap' || !isRecord(value['metadata']) || !isRecord(value['data'])) continue
        const name = String(value['metadata']['name'])
        configMaps.set(name, [...(configMaps.get(name) ?? []), value['data']])
      }
    }
    return new TemplateTexts(unparsable, configMaps)
  }

  /** Problems of a template. */
  problemsOf(text: string): readonly TemplateProblem[] {
    const absent = [...absentFunctions(text)].map(([call, todo]) => ({
      what: `function ${call} does not exist here`,
      todo,
    }))
    if (absent.length > 0) return absent
    const problem = this.#unparsable.get(text)
    return problem === undefined ? [] : [{ what: `it does not parse: ${problem}` }]
  }

  /** Problems of a template in a ConfigMap; undefined if the ConfigMap is not among the manifests. */
  problemsOfConfigMap(name: string, key: string): readonly TemplateProblem[] | undefined {
    const texts = this.#configMaps.get(name)?.map((data) => data[key])
    return texts?.flatMap((text) => (typeof text === 'string' ? this.problemsOf(text) : []))
  }
}

function templatesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes('{{') ? [value] : []
  if (Array.isArray(value)) return value.flatMap(templatesIn)
  return isRecord(value) ? Object.values(value).flatMap(templatesIn) : []
}

const NAME = 'template'
/** Errors of execution have a column too, and are ignored because rendering without data may fail. */
const PARSE_FAILURE = /^template, (line \d+: .*)$/s

async function parseProblem(
  text: string,
  renderer: TemplateRenderer,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await renderer.render({ templates: [{ name: NAME, text }], data: new Map(), seed: '' }, { signal })
    return undefined
  } catch (error) {
    if (!isSecretSyncError(error) || error.code !== 'TemplateError') throw error
    return PARSE_FAILURE.exec(error.message)?.[1]
  }
}
