import { readFile } from 'node:fs/promises'
import { GoTemplateRenderer } from '@ack-secret-manager/go-template'
import { afterAll, describe, expect, it } from 'vitest'
import { ABSENT, absentFunctions } from './template-functions.ts'

describe('absentFunctions', () => {
  it.each([
    ['{{ .bundle | pkcs12cert }}', ['pkcs12cert']],
    ['{{ pkcs12keyPass "now" .bundle }}', ['pkcs12keyPass']],
    ['{{- if (now) -}}x{{ end }}', ['now']],
    ['{{ $now := .x }}{{ $now }} now', []],
    ['{{ .now }}{{ .a.env }}{{ $.env }}', []],
    ['{{ "now | env" }}{{ `now` }}', []],
    ['{{/* now */}}{{ .x }}', []],
    ['{{ printf "}} %s" (env "HOME") }}', ['env']],
    ['now env uuidv4', []],
    ['{{ range $k, $v := . }}{{ $k | toYaml }}{{ end }}{{ randInt 1 2 }}', ['toYaml', 'randInt']],
    ['{{ .a | b64enc | upper | default "x" | toJson }}', []],
    ['{{ knowing .x }}{{ now_ .x }}', []],
    ['{{ unclosed', []],
  ])('%s', (template, names) => expect([...absentFunctions(template).keys()]).toEqual(names))
})

describe('the functions that are reported as absent', () => {
  const renderer = new GoTemplateRenderer()
  const signal = new AbortController().signal
  afterAll(() => renderer.close())

  it.each([...ABSENT.keys()])('%s is unknown to our templates', (name) =>
    expect(
      renderer.render({ templates: [{ name, text: `{{ ${name} }}` }], data: new Map(), seed: '' }, { signal }),
    ).rejects.toThrow(/function .+ not (available|defined)/),
  )

  it('are all functions of Sprig that our templates do not have', async () => {
    const cases = new URL('../../../../packages/go-template/testdata/removed.json', import.meta.url)
    const removed = JSON.parse(await readFile(cases, 'utf8')) as { template: string }[]
    expect(removed.filter(({ template }) => absentFunctions(template).size === 0)).toEqual([])
  })
})
