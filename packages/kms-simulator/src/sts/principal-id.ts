import { createHash } from 'node:crypto'

function digits(text: string): string {
  const number = createHash('sha256').update(text).digest().readBigUInt64BE() % 1_000_000_000_000_000n
  return number.toString().padStart(15, '0')
}

/** The id of a role in RAM: 18 digits that begin with 3, deterministic for each role. */
export function roleIdOf(roleArn: string): string {
  return `300${digits(roleArn.toLowerCase())}`
}

/** The id of a user in RAM: 18 digits that begin with 2. */
export function userIdOf(accessKeyId: string): string {
  return `200${digits(accessKeyId)}`
}
