import { replacesKeys, type TemplateFromEntry, type TemplateSpec } from '@ack-secret-manager/resources'

/** A ConfigMap or a Secret that holds templates. */
export interface TemplateObject {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly namespace: string
  readonly name: string
}

/** An object, and the keys that hold templates of the resource. */
export interface TemplateObjectKeys extends TemplateObject {
  readonly keys: readonly string[]
}

/** One template and the destination of its output. */
export interface PlannedTemplate {
  /** Name in messages: `spec.target.template.data[url]`, `ConfigMap prod/web-templates[config.yaml]`. */
  readonly name: string
  /** The template, or the object that holds it. */
  readonly text: string | { readonly object: TemplateObject; readonly key: string; readonly field: string }
  /** The part of the Secret that the output goes to. */
  readonly part: 'data' | 'labels' | 'annotations'
  /** Key of the whole output; undefined if the output is lines of `key=value`. */
  readonly key: string | undefined
}

export interface PlannedTemplates {
  /** If two templates produce the same key, the later one wins. */
  readonly templates: readonly PlannedTemplate[]
  /** Objects that hold templates, each once. */
  readonly objects: readonly TemplateObjectKeys[]
  /** Extracted keys are kept next to rendered ones. */
  readonly keepsKeys: boolean
}

const FIELD = 'spec.target.template'
const PARTS = { Data: 'data', Labels: 'labels', Annotations: 'annotations' } as const

/** The templates of a spec in order of precedence; undefined if there are none. */
export function planTemplates(spec: TemplateSpec, namespace: string): PlannedTemplates | undefined {
  const templates = [
    ...inline(spec.data, 'data', `${FIELD}.data`),
    ...spec.templateFrom.flatMap((entry, index) => from(entry, `${FIELD}.templateFrom[${index}]`, namespace)),
    ...inline(spec.metadata.labels, 'labels', `${FIELD}.metadata.labels`),
    ...inline(spec.metadata.annotations, 'annotations', `${FIELD}.metadata.annotations`),
  ]
  if (templates.length === 0) return undefined
  const objects = new Map<string, TemplateObjectKeys>()
  for (const { text } of templates) {
    if (typeof text === 'string') continue
    const id = objectId(text.object)
    objects.set(id, { ...text.object, keys: [...(objects.get(id)?.keys ?? []), text.key] })
  }
  return { templates, objects: [...objects.values()], keepsKeys: !replacesKeys(spec) }
}

/** Identifies an object: `ConfigMap prod/web-templates`. */
export function objectId({ kind, namespace, name }: TemplateObject): string {
  return `${kind} ${namespace}/${name}`
}

function inline(
  map: Readonly<Record<string, string>>,
  part: PlannedTemplate['part'],
  field: string,
): PlannedTemplate[] {
  return Object.entries(map).map(([key, text]) => ({ name: `${field}[${key}]`, text, part, key }))
}

function from(
  { configMap, secret, literal, target }: TemplateFromEntry,
  field: string,
  namespace: string,
): PlannedTemplate[] {
  const part = PARTS[target]
  if (literal !== undefined) return [{ name: `${field}.literal`, text: literal, part, key: 'literal' }]
  const [kind, ref] = configMap === undefined ? (['Secret', secret] as const) : (['ConfigMap', configMap] as const)
  return (ref?.items ?? []).map(({ key, templateAs }, index) => ({
    name: `${kind} ${namespace}/${ref?.name}[${key}]`,
    text: {
      object: { kind, namespace, name: ref?.name ?? '' },
      key,
      field: `${field}.${kind === 'Secret' ? 'secret' : 'configMap'}.items[${index}].key`,
    },
    part,
    key: templateAs === 'Values' ? key : undefined,
  }))
}
