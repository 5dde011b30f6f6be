import { regexCost } from '@ack-secret-manager/core'
import { RE2JS } from 're2js'
import type { FindSpec } from './find-spec.ts'

/** Of a regular expression that is compiled to answer. */
const MAX_COST = 4_096

/** Whether a find can match a secret of this name, whatever its tags are. An expression that is invalid or costly counts as a match. */
export function mayFind({ path, name }: Pick<FindSpec, 'path' | 'name'>, secret: string): boolean {
  const folder = path === undefined ? '' : `${path.replace(/\/+$/, '')}/`
  if (!secret.startsWith(folder) || !secret.startsWith(name?.prefix ?? '')) return false
  if (name?.regexp === undefined || regexCost(name.regexp) > MAX_COST) return true
  try {
    return RE2JS.compile(name.regexp).matcher(secret).find()
  } catch {
    return true
  }
}
