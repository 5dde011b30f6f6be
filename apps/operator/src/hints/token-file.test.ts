import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { expect, it } from 'vitest'
import { tokenFile } from './token-file.ts'

const text = async (tokens: ReturnType<ReturnType<typeof tokenFile>>): Promise<readonly string[]> =>
  (await tokens).map((token) => token.expose())

it('reads the token again every ten seconds, because a mounted Secret changes', async () => {
  const directory = await directoryOfTest()
  const file = path.join(directory, 'token')
  const clock = new ManualClock()
  const token = tokenFile(file, clock)
  await writeFile(file, 'first-token-of-16\n')
  expect(await text(token())).toEqual(['first-token-of-16'])
  await writeFile(file, 'second-token-of-16')
  expect(await text(token())).toEqual(['first-token-of-16'])
  await clock.advance(10_000)
  expect(await text(token())).toEqual(['second-token-of-16'])
  await rm(file)
  await clock.advance(10_000)
  await expect(token()).rejects.toThrow('--hint-http-token-file: cannot be read (ENOENT); mount the Secret')
})

it('reads a second token, which is valid while the first one is replaced', async () => {
  const file = path.join(await directoryOfTest(), 'token')
  await writeFile(file, 'former-token-of-16\r\n\n new-token-of-16ch\n')
  expect(await text(tokenFile(file, new ManualClock())())).toEqual(['former-token-of-16', 'new-token-of-16ch'])
})

it.each([
  ['empty', '\n'],
  ['short', 'x'.repeat(15)],
  ['long', 'x'.repeat(513)],
  ['followed by a short one', 'first-line-of-token\nsecond-line'],
  ['one of three', `${'x'.repeat(16)}\n`.repeat(3)],
  ['with a blank', `${'x'.repeat(16)} ${'y'.repeat(16)}`],
  ['not printable', `${'x'.repeat(16)}\u0007`],
])('refuses a token that is %s, and does not show it', async (_what, content) => {
  const directory = await directoryOfTest()
  const file = path.join(directory, 'token')
  await writeFile(file, content)
  const failure = (await tokenFile(file, new ManualClock())().catch((error: Error) => error)) as Error
  expect(failure.message).toBe(
    '--hint-http-token-file: expected one or two tokens of 16 to 512 printable characters, one a line',
  )
})
