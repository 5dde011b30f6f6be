import { type OperatorLease, type OperatorShard, shardsOf } from '@ack-secret-manager/resource-view'
import { printable } from '../../output/printable.ts'

/** Domains that are named in the line of a shard. */
const MAX_NAMED = 4

/** A line for each shard if the operator has several: who works on what. */
export function shardLines(leases: readonly OperatorLease[], isWide: boolean): readonly string[] {
  const shards = shardsOf(leases)
  if (shards.length < 2) return []
  return [`${shards.length} shards`, ...shards.map((shard) => `  ${printable(shardText(shard, isWide))}`)]
}

function shardText({ name, holder, member }: OperatorShard, isWide: boolean): string {
  const { active, resources, domainCount, domains } = member
  if (!active) return `${name} · ${holder} · joins`
  const shown = isWide ? domains : domains.slice(0, MAX_NAMED)
  const more = domainCount - shown.length
  const names = shown.length === 0 ? '' : ` (${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`
  const count = (of: number, one: string): string => `${of} ${one}${of === 1 ? '' : 's'}`
  return `${name} · ${holder} · ${count(resources, 'ExternalSecret')} in ${count(domainCount, 'domain')}${names}`
}
