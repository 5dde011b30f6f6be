import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import { inspect } from 'node:util'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { assert, property, string, uint8Array } from 'fast-check'
import { thrownBy } from '@ack-secret-manager/test-support/failure-of'
import { describe, expect, it } from 'vitest'
import { parseKmsSecretResponse, kmsSecretValue } from './secret-response.ts'

const WHAT = 'KMS secret "app/db" at kms.example'
const response = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  RequestId: '6a3e9c36-0000-4000-8000-000000000000',
  SecretName: 'app/db',
  SecretType: 'Generic',
  SecretData: 'canary',
  SecretDataType: 'text',
  VersionId: 'v1',
  VersionStages: { VersionStage: ['ACSCurrent'] },
  ...change,
})
const valueOf = (change?: Record<string, unknown>, name = 'app/db') =>
  kmsSecretValue(parseKmsSecretResponse(response(change), WHAT), name, WHAT)

describe('kmsSecretValue', () => {
  it('parses the response of the API reference', () => {
    const { bytes, ...facts } = valueOf({
      SecretType: 'Rds',
      CreateTime: '2025-12-31T23:59:59Z',
      AutomaticRotation: 'Enabled',
      RotationInterval: '604800s',
      LastRotationDate: '2026-01-01T00:00:00Z',
      NextRotationDate: '2026-01-08T00:00:00Z',
    })
    expect(new TextDecoder().decode(bytes.expose())).toBe('canary')
    expect(facts).toEqual({
      versionId: 'v1',
      versionStages: ['ACSCurrent'],
      createdMs: Date.UTC(2025, 11, 31, 23, 59, 59),
      type: 'Rds',
      dataType: 'text',
      requestId: '6a3e9c36-0000-4000-8000-000000000000',
      rotation: {
        automatic: true,
        intervalMs: 604_800_000,
        lastMs: Date.UTC(2026, 0, 1),
        nextMs: Date.UTC(2026, 0, 8),
      },
    })
  })

  it.each([
    ['no rotation fields', {}, undefined],
    ['Disabled', { AutomaticRotation: 'Disabled' }, { automatic: false }],
    ['Invalid', { AutomaticRotation: 'Invalid' }, { automatic: false }],
    [
      'empty and unreadable facts',
      { AutomaticRotation: 'Enabled', RotationInterval: '', NextRotationDate: 'soon' },
      { automatic: true },
    ],
    ['null', { AutomaticRotation: null, NextRotationDate: null }, undefined],
  ])('rotation: %s', (_rule, change, rotation) => expect(valueOf(change).rotation).toEqual(rotation))

  it.each([
    ['absent stages', { VersionStages: undefined }],
    ['null stages', { VersionStages: null }],
  ])('accepts %s', (_rule, change) => expect(valueOf(change).versionStages).toEqual([]))

  it.each([
    ['null', null],
    ['no time', 'soon'],
    ['an empty text', ''],
  ])('ignores an unreadable creation time: %s', (_rule, CreateTime) =>
    expect(valueOf({ CreateTime })).not.toHaveProperty('createdMs'),
  )

  it('accepts the response to a request by ARN', () =>
    expect(valueOf({}, 'acs:kms:cn-hangzhou:1234567890123456:secret/app/db').versionId).toBe('v1'))

  it('accepts an empty value', () => expect(valueOf({ SecretData: '' }).bytes.expose()).toEqual(new Uint8Array()))

  it.each([
    ['no data', { SecretData: undefined }, 'SecretData'],
    ['null data', { SecretData: null }, 'SecretData'],
    ['an object as data', { SecretData: { a: 'canary' } }, 'SecretData'],
    ['a lone surrogate', { SecretData: 'canary\uD800' }, 'SecretData'],
    ['no data type', { SecretDataType: undefined }, 'SecretDataType'],
    ['an unknown data type', { SecretDataType: 'Text' }, 'SecretDataType'],
    ['no version id', { VersionId: undefined }, 'VersionId'],
    ['a number as version id', { VersionId: 1 }, 'VersionId'],
    ['a version id that no status can have', { VersionId: 'canary'.repeat(22) }, 'VersionId'],
    ['a version id that controls a terminal', { VersionId: '\u001B[2Jcanary' }, 'VersionId'],
    ['a lone surrogate in a version id', { VersionId: 'canary\uD800' }, 'VersionId'],
    ['a type that no status can have', { SecretType: 'canary'.repeat(11) }, 'SecretType'],
    ['a list as type', { SecretType: ['Generic'] }, 'SecretType'],
    ['a text as stages', { VersionStages: 'ACSCurrent' }, 'VersionStages'],
    ['numbers as stages', { VersionStages: { VersionStage: [1] } }, 'VersionStages'],
    ['another secret', { SecretName: 'app/other' }, 'another secret'],
    ['a number as time of creation', { CreateTime: 1 }, 'CreateTime'],
    ['a number as rotation', { AutomaticRotation: 1 }, 'AutomaticRotation'],
    ['base64 of the URL alphabet', { SecretDataType: 'binary', SecretData: '_-8=' }, 'SecretData'],
    ['base64 without padding', { SecretDataType: 'binary', SecretData: 'AQI' }, 'SecretData'],
    ['base64 with a line break', { SecretDataType: 'binary', SecretData: 'AQ\nID' }, 'SecretData'],
    ['base64 with stray bits', { SecretDataType: 'binary', SecretData: 'AR==' }, 'SecretData'],
    ['text as base64', { SecretDataType: 'binary', SecretData: 'canary!' }, 'SecretData'],
  ])('rejects %s, naming the field and not its content', (_rule, change, field) => {
    const error = thrownBy(() => valueOf(change))
    expect(error).toMatchObject({ code: 'InvalidResponse', message: expect.stringContaining(field) })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('keeps every byte of a binary value', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        const SecretData = Buffer.from(bytes).toString('base64')
        const read = valueOf({ SecretDataType: 'binary', SecretData }).bytes.expose()
        return Buffer.compare(read, bytes) === 0
      }),
    )
  })

  it('keeps every character of a text, or refuses it', () => {
    assert(
      property(string({ unit: anyCodePoint }), (SecretData) => {
        const result = thrownBy(() =>
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(valueOf({ SecretData }).bytes.expose()),
        )
        return isSecretSyncError(result) || JSON.stringify(result) === JSON.stringify({ returned: SecretData })
      }),
    )
  })
})
