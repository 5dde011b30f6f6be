import { defined } from '@ack-secret-manager/core'
import { bare, isObject, own } from '../schema/plain.ts'
import type { Problem } from './problem.ts'

/** The metadata of a resource that the operator uses. */
export interface ResourceMetadata {
  readonly name: string
  /** Empty for a cluster-scoped resource. */
  readonly namespace: string
  /** Empty in a manifest. */
  readonly uid: string
  /** 0 in a manifest. */
  readonly generation: number
  /** Empty in a manifest. */
  readonly resourceVersion: string
  /** Without a prototype: any name can be looked up. */
  readonly labels: Readonly<Record<string, string>>
  /** Without a prototype: any name can be looked up. */
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers: readonly string[]
  readonly creationTimestamp?: string
  /** Present on an object that is being deleted. */
  readonly deletionTimestamp?: string
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/**
 * Reads metadata and appends problems to `problems`.
 * @param defaultNamespace undefined for a cluster-scoped resource, whose namespace the API server drops
 */
export function readMetadata(
  value: unknown,
  defaultNamespace: string | undefined,
  problems: Problem[],
): ResourceMetadata {
  const refuse = (field: string, message: string) => problems.push({ field, message })
  const text = (name: string): string | undefined => {
    const given = own(value, name)
    if (typeof given === 'string') return given
    if (given !== undefined && given !== null) refuse(`metadata.${name}`, 'expected a text; put it in quotes')
    return undefined
  }
  const name = text('name') ?? ''
  if (name.length > 253 || !NAME.test(name)) {
    refuse('metadata.name', name === '' ? 'required, but missing' : 'expected lower-case letters, digits, "-" and "."')
  }
  const namespace = defaultNamespace === undefined ? '' : text('namespace') || defaultNamespace
  if (defaultNamespace !== undefined && (namespace.length > 63 || !NAMESPACE.test(namespace))) {
    refuse('metadata.namespace', 'expected lower-case letters, digits and "-"')
  }
  const generation = own(value, 'generation')
  const creationTimestamp = text('creationTimestamp')
  const deletionTimestamp = text('deletionTimestamp')
  const finalizers = own(value, 'finalizers')
  return {
    name,
    namespace,
    uid: text('uid') ?? '',
    generation: typeof generation === 'number' ? generation : 0,
    resourceVersion: text('resourceVersion') ?? '',
    labels: readTexts(value, 'labels', problems),
    annotations: readTexts(value, 'annotations', problems),
    finalizers: Array.isArray(finalizers) ? finalizers.filter((item) => typeof item === 'string') : [],
    ...defined({ creationTimestamp, deletionTimestamp }),
  }
}

function readTexts(metadata: unknown, name: string, problems: Problem[]): Readonly<Record<string, string>> {
  const given = own(metadata, name)
  if (given === undefined || given === null) return bare([])
  if (!isObject(given)) {
    problems.push({ field: `metadata.${name}`, message: 'expected an object' })
    return bare([])
  }
  const texts: Array<readonly [string, string]> = []
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === 'string') texts.push([key, value])
    else
      problems.push({ field: `metadata.${name}`, message: `${JSON.stringify(key)}: expected a text; put it in quotes` })
  }
  return bare(texts)
}
