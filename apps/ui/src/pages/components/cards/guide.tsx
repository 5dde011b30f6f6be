import type { JSX } from 'preact'
import type { GuideView } from '../../../model/views/index.ts'
import { guideTexts } from '../../languages/guides.ts'
import { useApp, useMessages } from '../../state/app.ts'
import { CopyCommand } from '../base/copy-command.tsx'
import { Prose } from '../base/text.tsx'

/** What a reason means, what to do, and the commands for it. */
export function Guide({ guide }: { readonly guide: GuideView }): JSX.Element {
  const { guide: texts } = useMessages()
  const { lang, means, cure, secret, retried } = guideTexts(guide, useApp().preferences.language.value)
  return (
    <div class="guide">
      <dl class="facts">
        <dt>{texts.means}</dt>
        <dd>
          <Prose value={means} lang={lang} />
        </dd>
        {cure === undefined ? null : (
          <>
            <dt>{texts.cure}</dt>
            <dd>
              <strong>
                <Prose value={cure} lang={lang} />
              </strong>
            </dd>
          </>
        )}
        {secret === undefined ? null : (
          <>
            <dt>{texts.secret}</dt>
            <dd>{guide.written === undefined ? <Prose value={secret} lang={lang} /> : texts.secrets[guide.written]}</dd>
          </>
        )}
        {retried === undefined ? null : (
          <>
            <dt>{texts.retried}</dt>
            <dd>
              <Prose value={retried} lang={lang} />
            </dd>
          </>
        )}
      </dl>
      {guide.run.length === 0 ? null : (
        <div class="commands">
          <h3>{texts.run}</h3>
          {guide.run.map((command) => (
            <CopyCommand key={command} command={command} />
          ))}
        </div>
      )}
    </div>
  )
}
