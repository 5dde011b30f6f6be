import { LIMITS } from '@ack-secret-manager/resources'

/** Number of entries in the spec. */
export const LARGEST_ENTRIES = LIMITS.dataEntries + LIMITS.dataProcessEntries
/** Size of one KMS secret. */
const DOCUMENT_BYTES = 30_720
/** Limits of `transform` for one resource: bytes of YAML, characters of paths. */
const YAML_BYTES = 2_097_152
const PATHS_LENGTH = 262_144
const YAML_DOCUMENTS = Math.floor(YAML_BYTES / DOCUMENT_BYTES)
const PATHS = 8
const PATH_LENGTH = Math.floor(PATHS_LENGTH / LARGEST_ENTRIES / PATHS)
/** With this number the manifest is almost as large as the 1.5 MiB that etcd allows. */
const RULES = 27

const nameOf = (index: number): string => `large/${index}`

/** A document for each entry of {@link largestSpec}, with the largest allowed share of YAML. */
export function largestDocuments(): Record<string, string> {
  const items = (item: string): string => item.repeat(Math.floor((DOCUMENT_BYTES - 16) / item.length))
  const yaml = `r: 1\na:\n${items('- 1\n')}`
  const json = `{"r":1,"a":[${items('1,')}1]}`
  return Object.fromEntries(
    Array.from({ length: LARGEST_ENTRIES }, (_, index) => [nameOf(index), index < YAML_DOCUMENTS ? yaml : json]),
  )
}

/** The most expensive spec that the API server admits and the operator syncs completely. */
export function largestSpec(): object {
  const secretStoreRef = { name: 'kms' }
  const entry = (index: number): object => ({
    key: nameOf(index),
    secretStoreRef,
    jmesPath: Array.from({ length: PATHS }, (_, at) => ({
      path: (at === 0 ? 'r' : `a[${at}]`).padEnd(PATH_LENGTH),
      objectAlias: `k${index}-${at}`,
    })),
  })
  const replaceRule = Array.from({ length: RULES }, () => ({ source: '^x', target: 'y'.repeat(LIMITS.rule) }))
  return {
    rotationInterval: '1s',
    data: Array.from({ length: LIMITS.dataEntries }, (_, index) => entry(index)),
    dataProcess: Array.from({ length: LIMITS.dataProcessEntries }, (_, index) => ({
      extract: entry(LIMITS.dataEntries + index),
      replaceRule,
    })),
  }
}
