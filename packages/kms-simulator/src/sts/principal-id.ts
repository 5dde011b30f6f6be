import { createHash } from 'node:crypto'

function digits(text: string): string {
  const number = createHash('sha256').update(text).digest().readBigUInt64BE() % 1_000_000_000_000_000n
  return number.toString().padStart(15, '0')
}

/** The number that RAM gives a role: 18 digits beginning with 3, always the same for the same role. */
export function roleIdOf(roleArn: string): string {
  return `300${digits(roleArn.toLowerCase())}`
}

/** The number that RAM gives a user: 18 digits beginning with 2. */
export function userIdOf(accessKeyId: string): string {
  return `200${digits(accessKeyId)}`
}
