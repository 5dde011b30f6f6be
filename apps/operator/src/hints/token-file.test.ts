import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'
import { tokenFile } from './token-file.ts'

it('reads the token again every ten seconds, because a mounted Secret changes', async () => {
  const directory = await directoryOfTest()
  const file = path.join(directory, 'token')
  const clock = new ManualClock()
  const token = tokenFile(file, clock)
  await writeFile(file, 'first-token-of-16\n')
  expect((await token()).expose()).toBe('first-token-of-16')
  await writeFile(file, 'second-token-of-16')
  expect((await token()).expose()).toBe('first-token-of-16')
  await clock.advance(10_000)
  expect((await token()).expose()).toBe('second-token-of-16')
  await rm(file)
  await clock.advance(10_000)
  await expect(token()).rejects.toThrow('--hint-http-token-file: cannot be read (ENOENT); mount the Secret')
})

it.each([
  ['empty', '\n'],
  ['short', 'x'.repeat(15)],
  ['long', 'x'.repeat(513)],
  ['of two lines', 'first-line-of-token\nsecond-line'],
  ['not printable', `${'x'.repeat(16)}\u0007`],
])('refuses a token that is %s, and does not show it', async (_what, text) => {
  const directory = await directoryOfTest()
  const file = path.join(directory, 'token')
  await writeFile(file, text)
  const failure = (await tokenFile(file, new ManualClock())().catch((error: Error) => error)) as Error
  expect(failure.message).toBe(
    '--hint-http-token-file: expected a token of 16 to 512 printable characters without blanks',
  )
})
