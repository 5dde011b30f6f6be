import { expect } from 'vitest'
import { begin, expectKept, expectUnwritable, untilNotReady } from '../helpers.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectInterval } from '../polling-expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { TEMPLATES } from '../tables/templates.ts'

/** Asserts that a failing template in the spec blocks writes until it is replaced. */
async function expectTemplateError(scenario: Scenario, url: string, says: RegExp): Promise<void> {
  await scenario.put({ user: 'hunter2' })
  const template = (text: string): object => ({ target: { template: { data: { url: text } } } })
  const before = await begin(scenario, { url: 'db://hunter2' }, template('db://{{ .user }}'))
  await scenario.patch({ spec: template(url) })
  await expectUnwritable(scenario, before, { reason: 'TemplateError', says, secret: 'user' })
  await scenario.patch({ spec: template('db://{{ .user }}!') })
  await scenario.untilSynced({ url: 'db://hunter2!' })
  expect(await scenario.writesSince(before)).toBe(1)
}

export const templatesSteps: ScenarioSteps<typeof TEMPLATES> = {
  'template-fails': (scenario) =>
    expectTemplateError(scenario, 'db://\n{{ .user | mustFromJson }}', /^spec\.target\.template\.data\[url\], line 2/),

  'template-loops': (scenario) =>
    expectTemplateError(
      scenario,
      '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}',
      /^spec\.target\.template\.data\[url\]: it takes longer than \d+ ms$/,
    ),

  'template-too-large': (scenario) =>
    expectTemplateError(
      scenario,
      '{{ repeat 2000000 "x" }}',
      /^spec\.target\.template\.data\[url\].*: the outputs of all templates together are larger than 1048576 bytes$/,
    ),

  'template-missing': async (scenario) => {
    const { env, id } = scenario
    await scenario.put({ user: 'tom' })
    const templateFrom = [{ configMap: { name: id, items: [{ key: 'url' }] } }]
    await scenario.apply({ target: { template: { templateFrom } } })
    const says = new RegExp(`templateFrom\\[0\\]\\.configMap.*ConfigMap \\S+/${id} does not exist`)
    await untilNotReady(scenario, 'TemplateError', says)
    await expectInterval(scenario, 'user')
    expect(await scenario.hadSecret()).toBe(false)
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id } }
    await env.applyObject({ ...configMap, data: { url: 'db://{{ .user }}' } })
    const before = await scenario.untilSynced({ url: 'db://tom' })
    await scenario.untilEvents(['TemplateError', 'Synced'])
    const { namespace, request } = env.cluster
    await request('DELETE', `/api/v1/namespaces/${namespace}/configmaps/${id}`)
    await untilNotReady(scenario, 'TemplateError', says)
    await scenario.untilRead('user')
    await expectKept(scenario, before)
  },
}
