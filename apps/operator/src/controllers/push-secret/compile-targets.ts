import {
  SecretSyncError,
  Sensitive,
  type TemplateRenderer,
  type TemplateText,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { type PushEntry, type PushSecretResource, whyNotPushName, whyNotPushStage } from '@ack-secret-manager/resources'
import { failureOf, type PushFailure } from '../../push/push-status.ts'

/** An entry with its rendered name and stages. */
export interface CompiledTarget {
  /** Name of the KMS secret. */
  readonly name: string
  readonly stages: readonly string[]
  readonly entry: PushEntry
}

/** The targets of a PushSecret, and the failures of entries whose name is invalid or not unique. */
export interface CompiledTargets {
  readonly targets: readonly CompiledTarget[]
  readonly failures: readonly PushFailure[]
}

export interface CompileOptions {
  readonly renderer: Pick<TemplateRenderer, 'render'>
  readonly uid: string
  readonly signal: AbortSignal
}

/** Renders the names and stages of all entries. Templates get names of objects but no values, because a KMS name is not confidential. */
export async function compileTargets(
  { metadata, spec }: Pick<PushSecretResource, 'metadata' | 'spec'>,
  options: CompileOptions,
): Promise<CompiledTargets> {
  const compiled: (CompiledTarget | PushFailure)[] = []
  const names = { namespace: metadata.namespace, name: metadata.name, secret: spec.selector.name }
  let hasFailed = false
  for (const [at, entry] of spec.data.entries()) {
    // Each template may take the renderer for seconds before it fails. Literal names do not depend on it.
    if (hasFailed && isTemplate(entry)) continue
    try {
      // oxlint-disable-next-line no-await-in-loop -- all tenants share the renderer
      compiled.push(await compileEntry(entry, `spec.data[${at}]`, names, options))
    } catch (thrown) {
      if (options.signal.aborted) throw thrown
      const error = toSecretSyncError(thrown, `spec.data[${at}]`)
      compiled.push(failureOf(error))
      hasFailed ||= error.code === 'TemplateError'
    }
  }
  const targets = compiled.filter((one) => 'entry' in one)
  const failures = compiled.filter((one) => 'reason' in one)
  const repeated = new Set(targets.map(({ name }) => name).filter((name, at, all) => all.indexOf(name) !== at))
  return {
    targets: targets.filter(({ name }) => !repeated.has(name)),
    failures: [...failures, ...[...repeated].map(duplicate)],
  }
}

async function compileEntry(
  entry: PushEntry,
  path: string,
  names: Readonly<Record<string, string>>,
  { renderer, uid, signal }: CompileOptions,
): Promise<CompiledTarget> {
  const texts: readonly TemplateText[] = [
    { name: `${path}.key`, text: entry.key },
    ...entry.versionStages.map((text, at) => ({ name: `${path}.versionStages[${at}]`, text })),
  ]
  const fields = { ...names, ...(entry.secretKey === undefined ? {} : { secretKey: entry.secretKey }) }
  const data = new Map(
    Object.entries(fields).map(([field, text]) => [field, new Sensitive(new TextEncoder().encode(text))]),
  )
  const outputs = isTemplate(entry)
    ? (await renderer.render({ templates: texts, data, seed: uid }, { signal })).map((one) =>
        new TextDecoder().decode(one.expose()).trim(),
      )
    : texts.map(({ text }) => text as string)
  const [name = '', ...stages] = outputs
  check(`${path}.key`, name, whyNotPushName(name))
  stages.forEach((stage, at) => check(`${path}.versionStages[${at}]`, stage, whyNotPushStage(stage)))
  return { name, stages: [...new Set(stages)], entry }
}

function isTemplate({ key, versionStages }: PushEntry): boolean {
  return [key, ...versionStages].some((text) => text.includes('{{'))
}

function check(field: string, text: string, why: string | undefined): void {
  if (why === undefined) return
  throw new SecretSyncError('InvalidSpec', `${field}: ${why}, got ${JSON.stringify(text.slice(0, 256))}`, {
    facts: { field },
  })
}

function duplicate(name: string): PushFailure {
  const message = `spec.data: several entries push to KMS secret ${JSON.stringify(name)}; give each a different key`
  return failureOf(new SecretSyncError('DuplicateKey', message))
}
