/* oxlint-disable vitest/no-standalone-expect -- the cases are called by the tests of the contract */
import { expect } from 'vitest'
import { type ContractCase, contractCase } from '../contract-case.ts'
import type { HintSourceCaseContext } from './hint-source-case-context.ts'
import type { HintSourceAbility } from './hint-source-harness.ts'

type Case = ContractCase<HintSourceCaseContext, HintSourceAbility>

const never = new AbortController().signal

/** More than any transport delivers at once. */
const MANY = 40

/** Names in use at the secret managers. */
const NAMES = [
  'db',
  'app/db',
  'acs/rds/main',
  'acs:kms:cn-hangzhou:1234567890123456:secret/app/key',
  'Team-1/a_b.c+d=e@f',
]

/** Texts that are no event, of every size and depth. */
const RAW: readonly (readonly [what: string, raw: string])[] = [
  ['nothing', ''],
  ['a word', 'hello'],
  ['null', 'null'],
  ['a number', '42'],
  ['an array', '[]'],
  ['an empty object', '{}'],
  ['half an object', '{"secretName":'],
  ['a number as the name', '{"secretName":7,"account":"1","region":"2"}'],
  ['a name with a line break', '{"secretName":"d\\nb","data":{"resourceId":"a\\nb"}}'],
  ['a prototype', '{"__proto__":{"secretName":"db"},"constructor":{"prototype":{"secretName":"db"}}}'],
  ['base64 of nothing', 'AAAA'],
  ['markup', '<!DOCTYPE a [<!ENTITY b "db">]><a>&b;</a>'],
  ['deep nesting', '['.repeat(5_000)],
  ['a long text', 'x'.repeat(60_000)],
]

/** Results of a source without faults. */
export const receivingCases: readonly Case[] = [
  contractCase('has a description in one line', async (context) => {
    const { description } = await context.open()
    expect(description.trim()).not.toBe('')
    expect(description).not.toMatch(/[\r\n]/)
  }),
  contractCase('resolves with an empty batch if no message arrives', async (context) => {
    const batch = await context.receive(await context.open())
    expect([batch.hints, batch.ignored]).toEqual([[], []])
    await batch.confirm({ signal: never })
  }),
  contractCase('delivers the name of a secret as it was sent', async (context) => {
    const source = await context.open()
    await context.send(...NAMES.map((secretName) => ({ secretName })))
    const { hints } = await context.receiveMessages(source, NAMES.length)
    expect(hints.map(({ secretName }) => secretName).sort()).toEqual([...NAMES].sort())
  }),
  contractCase('delivers the time of the change', async (context) => {
    const eventMs = Date.UTC(2026, 0, 2, 3, 4, 5)
    const source = await context.open()
    await context.send({ secretName: 'db', eventMs })
    expect((await context.receiveMessages(source, 1)).hints).toEqual([{ secretName: 'db', eventMs }])
  }),
  contractCase('delivers a message that arrives while it waits', async (context) => {
    const source = await context.open()
    const receiving = context.receive(source)
    await context.send({ secretName: 'db' })
    const first = await receiving
    // A source may have returned just before the message.
    const batch = first.hints.length === 0 ? await context.receiveMessages(source, 1) : first
    expect(batch.hints.map(({ secretName }) => secretName)).toEqual(['db'])
  }),
  contractCase('delivers many messages, each once', async (context) => {
    const source = await context.open()
    const names = Array.from({ length: MANY }, (_, at) => `db-${at}`)
    await context.send(...names.map((secretName) => ({ secretName })))
    const { hints } = await context.receiveMessages(source, MANY)
    expect(hints.map(({ secretName }) => secretName).sort()).toEqual(names.sort())
    await context.expectLeft(0)
  }),
  contractCase('does not deliver a confirmed message again', ['redeliver'], async (context) => {
    const source = await context.open()
    await context.send({ secretName: 'db' })
    const batch = await context.receiveFirst(source)
    expect(batch.hints).toMatchObject([{ secretName: 'db' }])
    await batch.confirm({ signal: never })
    await batch.confirm({ signal: never })
    await context.harness.redeliver?.()
    expect((await context.receive(source)).hints).toEqual([])
    await context.expectLeft(0)
  }),
  contractCase('delivers a message again that was not confirmed', ['redeliver'], async (context) => {
    const source = await context.open()
    await context.send({ secretName: 'db' })
    await context.receiveMessages(source, 1, { confirm: false })
    await context.expectLeft(1)
    await context.harness.redeliver?.()
    const { hints } = await context.receiveMessages(source, 1)
    expect(hints.map(({ secretName }) => secretName)).toEqual(['db'])
    await context.expectLeft(0)
  }),
  contractCase('ignores messages of another account or region, and removes them', ['foreign'], async (context) => {
    const source = await context.open()
    await context.send(
      { secretName: 'db', of: 'another account' },
      { secretName: 'db', of: 'another region' },
      { secretName: 'own' },
    )
    const { hints, ignored } = await context.receiveMessages(source, 3)
    expect(hints.map(({ secretName }) => secretName)).toEqual(['own'])
    expect(ignored).toEqual(['foreign', 'foreign'])
    await context.expectLeft(0)
  }),
  contractCase('ignores events that change no value, and removes them', ['irrelevant'], async (context) => {
    const source = await context.open()
    await context.send({ irrelevant: 'db' })
    expect(await context.receiveMessages(source, 1)).toEqual({ hints: [], ignored: ['irrelevant'] })
    await context.expectLeft(0)
  }),
  ...RAW.map(([what, raw]) =>
    contractCase<HintSourceCaseContext, HintSourceAbility>(
      `counts ${what} instead of an event, and removes it`,
      ['raw'],
      async (context) => {
        const source = await context.open()
        await context.send({ raw }, { secretName: 'db' })
        const { hints, ignored } = await context.receiveMessages(source, 2)
        expect(hints.map(({ secretName }) => secretName)).toEqual(['db'])
        expect(['malformed', 'irrelevant']).toContain(ignored[0])
        await context.expectLeft(0)
      },
    ),
  ),
]
