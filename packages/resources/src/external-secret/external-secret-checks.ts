import type { z } from 'zod'
import { formatPath } from '../schema/format-path.ts'
import { isSecretKey } from '../schema/secret-key.ts'
import { replacesKeys, type TemplateSpec } from './template-spec.ts'

interface Entry {
  readonly key: string
  readonly name?: string
  readonly jmesPath: ReadonlyArray<{ readonly path: string; readonly objectAlias?: string }>
  readonly secretStoreRef?: unknown
}

interface Spec {
  readonly provider: string
  readonly data: readonly Entry[]
  readonly restart: ReadonlyArray<{
    readonly kind: string
    readonly name: string
    readonly minInterval?: unknown
    readonly window?: unknown
  }>
  readonly dataProcess: ReadonlyArray<{ readonly extract: Entry; readonly replaceRule: readonly unknown[] }>
  readonly dataFrom: ReadonlyArray<{ readonly find: { readonly secretStoreRef?: unknown } }>
  readonly generate: ReadonlyArray<{
    readonly name: string
    readonly containerRegistry?: unknown
    readonly stsToken?: unknown
  }>
  readonly target: {
    readonly name?: string
    readonly template?: TemplateSpec
    readonly creationPolicy: string
    readonly immutable: boolean
  }
}

type Path = ReadonlyArray<string | number>

/** A Secret that other controllers share can neither become immutable nor be recreated. */
export const NOT_MERGED = 'cannot be true with creationPolicy Merge, because other controllers own keys of that Secret'

export const NO_ENTRY = 'expected at least one entry in data, dataProcess, dataFrom or generate'

/** A key of the Secret that is known from the spec alone, and the field that names it. */
interface PlannedKey {
  readonly key: string
  readonly path: Path
  /** Field to fill in where `path` is a default. */
  readonly remedy?: string
}

/** Checks across fields of an ExternalSecret. */
export function checkExternalSecret(spec: Spec, context: z.RefinementCtx): void {
  if (spec.data.length + spec.dataProcess.length + spec.dataFrom.length + spec.generate.length === 0) {
    context.addIssue({ code: 'custom', path: ['data'], message: NO_ENTRY })
  }
  if (spec.provider === 'plugin') requireStores(spec, context)
  refuseTargetAsTemplate(spec, context)
  refuseRepeatedLimits(spec, context)
  refuseRestartsForTokens(spec, context)
  const { immutable, creationPolicy } = spec.target
  if (immutable && creationPolicy === 'Merge') {
    context.addIssue({ code: 'custom', path: ['target', 'immutable'], message: NOT_MERGED })
  }
  const { template } = spec.target
  const isNamedFreely = template !== undefined && replacesKeys(template)
  const seen = new Map<string, Path>()
  for (const { key, path, remedy } of plannedKeys(spec)) {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: [...path], message })
    const earlier = seen.get(key)
    if (!isSecretKey(key) && !(isNamedFreely && path[0] !== 'generate')) {
      const hint = remedy === undefined ? '' : `; set ${remedy}`
      refuse(`${JSON.stringify(key)} cannot be a key of a Secret (letters, digits, "-", "_" and ".")${hint}`)
    } else if (earlier !== undefined) {
      refuse(`key ${JSON.stringify(key)} of the Secret is already set by ${formatPath(earlier)}`)
    }
    seen.set(key, earlier ?? path)
  }
}

/** A backend package cannot read with the operator's identity. */
function requireStores({ data, dataProcess, dataFrom }: Spec, context: z.RefinementCtx): void {
  const entries = [
    ...data.map((entry, index) => [entry, ['data', index]] as const),
    ...dataProcess.map(({ extract }, index) => [extract, ['dataProcess', index, 'extract']] as const),
    ...dataFrom.map(({ find }, index) => [find, ['dataFrom', index, 'find']] as const),
  ]
  for (const [{ secretStoreRef }, path] of entries) {
    if (secretStoreRef !== undefined) continue
    const message = 'required with provider plugin, but missing'
    context.addIssue({ code: 'custom', path: [...path, 'secretStoreRef'], message })
  }
}

/** The target must not be a source of its own templates. */
function refuseTargetAsTemplate({ target: { name, template } }: Spec, context: z.RefinementCtx): void {
  for (const [index, { secret }] of template?.templateFrom.entries() ?? []) {
    if (secret === undefined || secret.name !== name) continue
    const path = ['target', 'template', 'templateFrom', index, 'secret', 'name']
    context.addIssue({ code: 'custom', path, message: 'is the target itself' })
  }
}

function* plannedKeys(spec: Spec): Generator<PlannedKey> {
  for (const [index, entry] of spec.data.entries()) {
    const path = ['data', index]
    if (entry.jmesPath.length > 0) yield* pickedKeys(entry, path)
    else if (entry.name !== undefined) yield { key: entry.name, path: [...path, 'name'] }
    else yield { key: entry.key, path: [...path, 'key'], remedy: 'name' }
  }
  for (const [index, { extract, replaceRule }] of spec.dataProcess.entries()) {
    // Rules may turn any alias into a valid key, and members are unknown before the secret is read.
    if (replaceRule.length === 0) yield* pickedKeys(extract, ['dataProcess', index, 'extract'])
  }
  for (const [index, { name }] of spec.generate.entries()) yield { key: name, path: ['generate', index, 'name'] }
}

function* pickedKeys(entry: Entry, path: Path): Generator<PlannedKey> {
  for (const [index, pick] of entry.jmesPath.entries()) {
    const at = [...path, 'jmesPath', index]
    if (pick.objectAlias !== undefined) yield { key: pick.objectAlias, path: [...at, 'objectAlias'] }
    else yield { key: pick.path, path: [...at, 'path'], remedy: 'objectAlias' }
  }
}

/** A workload may be listed twice, but only if neither entry limits when it restarts. */
function refuseRepeatedLimits({ restart }: Spec, context: z.RefinementCtx): void {
  const isLimited = ({ minInterval, window }: Spec['restart'][number]): boolean => (minInterval ?? window) !== undefined
  for (const [index, entry] of restart.entries()) {
    const first = restart.findIndex(({ kind, name }) => kind === entry.kind && name === entry.name)
    const earlier = restart[first]
    if (first === index || earlier === undefined || !(isLimited(entry) || isLimited(earlier))) continue
    const message = `${entry.kind} ${JSON.stringify(entry.name)} is already in spec.restart[${first}]; keep one entry`
    context.addIssue({ code: 'custom', path: ['restart', index, 'name'], message })
  }
}

/** A renewal would restart the workloads every 40 minutes. */
function refuseRestartsForTokens({ generate, restart }: Spec, context: z.RefinementCtx): void {
  const at = generate.findIndex((entry) => (entry.containerRegistry ?? entry.stsToken) !== undefined)
  if (at < 0 || restart.length === 0) return
  const message = `each renewal of the token in generate[${at}] would restart workloads; use another ExternalSecret for it`
  context.addIssue({ code: 'custom', path: ['restart'], message })
}
