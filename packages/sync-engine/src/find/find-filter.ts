import type { FindSpec } from '@ack-secret-manager/resources'
import { type ExpressionCompiler, matchesName, type WorkBudget } from '@ack-secret-manager/transform'

/** The conditions of one `find`. */
export interface FindFilter {
  /** @throws SecretSyncError `TooLarge` when the work of the resource exceeds its limit */
  hasName(name: string, work: WorkBudget): boolean
  hasTags(tags: Readonly<Record<string, string>> | undefined): boolean
  /** Whether tags matter. */
  readonly needsTags: boolean
  /** Equal for filters that match the same secrets. */
  readonly id: string
}

/** @throws SecretSyncError `InvalidSpec` for a regular expression that does not compile */
export async function findFilter(
  { name, path, tags }: FindSpec,
  field: string,
  compiler: ExpressionCompiler,
): Promise<FindFilter> {
  const folder = path === undefined ? '' : `${path.replace(/\/+$/, '')}/`
  const prefix = name?.prefix ?? ''
  const regexp = name?.regexp === undefined ? undefined : await compiler.regex(name.regexp, `${field}.name.regexp`)
  const wanted = Object.entries(tags)
  return {
    needsTags: wanted.length > 0,
    id: JSON.stringify([folder, prefix, name?.regexp, wanted]),
    hasName: (text, work) =>
      text.startsWith(folder) && text.startsWith(prefix) && (regexp === undefined || matchesName(text, regexp, work)),
    hasTags: (has) =>
      wanted.every(([key, value]) => has !== undefined && Object.hasOwn(has, key) && has[key] === value),
  }
}
