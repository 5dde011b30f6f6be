import { expect } from 'vitest'
import { begin, expectKept, expectUnwritable, untilNotReady } from './course.ts'
import type { Plays } from './play-table.ts'
import { expectInterval } from './rhythm.ts'
import type { Situation } from './situation.ts'
import type { TEMPLATES } from './templates.ts'

/** A template in the spec that gives nothing: nothing is written until there is another one. */
async function expectTemplateError(situation: Situation, url: string, says: RegExp): Promise<void> {
  await situation.put({ user: 'hunter2' })
  const template = (text: string): object => ({ target: { template: { data: { url: text } } } })
  const before = await begin(situation, { url: 'db://hunter2' }, template('db://{{ .user }}'))
  await situation.patch({ spec: template(url) })
  await expectUnwritable(situation, before, { reason: 'TemplateError', says, secret: 'user' })
  await situation.patch({ spec: template('db://{{ .user }}!') })
  await situation.untilSynced({ url: 'db://hunter2!' })
  expect(await situation.writesSince(before)).toBe(1)
}

export const templatesPlays: Plays<typeof TEMPLATES> = {
  'template-fails': (situation) =>
    expectTemplateError(situation, 'db://\n{{ .user | mustFromJson }}', /^spec\.target\.template\.data\[url\], line 2/),

  'template-loops': (situation) =>
    expectTemplateError(
      situation,
      '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}',
      /^spec\.target\.template\.data\[url\]: it takes longer than \d+ ms$/,
    ),

  'template-too-large': (situation) =>
    expectTemplateError(
      situation,
      '{{ repeat 2000000 "x" }}',
      /^spec\.target\.template\.data\[url\].*: the outputs of all templates together are larger than 1048576 bytes$/,
    ),

  'template-missing': async (situation) => {
    const { scene, id } = situation
    await situation.put({ user: 'tom' })
    const templateFrom = [{ configMap: { name: id, items: [{ key: 'url' }] } }]
    await situation.apply({ target: { template: { templateFrom } } })
    const says = new RegExp(`templateFrom\\[0\\]\\.configMap.*ConfigMap \\S+/${id} does not exist`)
    await untilNotReady(situation, 'TemplateError', says)
    await expectInterval(situation, 'user')
    expect(await situation.hadSecret()).toBe(false)
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id } }
    await scene.applyObject({ ...configMap, data: { url: 'db://{{ .user }}' } })
    const before = await situation.untilSynced({ url: 'db://tom' })
    await situation.untilEvents(['TemplateError', 'Synced'])
    const { namespace, request } = scene.place
    await request('DELETE', `/api/v1/namespaces/${namespace}/configmaps/${id}`)
    await untilNotReady(situation, 'TemplateError', says)
    await situation.untilAsked('user')
    await expectKept(situation, before)
  },
}
