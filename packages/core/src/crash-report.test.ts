import { expect, it } from 'vitest'
import { crashReport } from './crash-report.ts'

function boom(message: string, more: object = {}): Error {
  return Object.assign(new TypeError(message), more)
}

it('tells kind and place, and nothing that whoever threw it has written', () => {
  const report = crashReport(boom('canary\n    at canary (file:///canary.js:1:1)', { code: 'canary', body: 'canary' }))
  expect(report).toMatch(
    /^unexpected TypeError; this is a defect, please report it\n {4}at boom \(.*crash-report\.test\.ts:/,
  )
  expect(report).not.toContain('canary')
  expect(report.split('\n').length).toBeLessThanOrEqual(11)
})

it.each([
  ['a text', 'canary', 'unexpected string'],
  ['nothing', undefined, 'unexpected undefined'],
  ['an error with a stack of its own', boom('x', { stack: 'canary\n    at canary' }), 'unexpected TypeError'],
  ['an error without a stack', Object.assign(boom('x'), { stack: undefined }), 'unexpected TypeError'],
])('tells of %s its kind alone', (_what, error, kind) => {
  expect(crashReport(error)).toBe(`${kind}; this is a defect, please report it`)
})
