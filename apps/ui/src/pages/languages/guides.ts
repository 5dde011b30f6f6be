import type { GuideView } from '../../model/views/index.ts'
import chinesePage from '../../../../../docs/zh/reference/reasons.md?raw'
import type { Language } from './languages.ts'
import { type GuideTexts, guidesOf } from './reason-page.ts'

const CHINESE = guidesOf(chinesePage, 'docs/zh/reference/reasons.md')

/** The texts of a guide in this language, else in English. They are those of the documentation. */
export function guideTexts(guide: GuideView, language: Language): GuideTexts & { readonly lang: string } {
  const translated = language === 'zh' ? CHINESE.get(guide.id) : undefined
  return translated === undefined ? { ...guide, lang: 'en' } : { ...translated, lang: 'zh-CN' }
}
