import { en } from './en.ts'
import { zh } from './zh.ts'

/** All texts of the pages. A language that lacks one does not compile. */
export type Messages = typeof en

export type Language = 'en' | 'zh'

export const LANGUAGES: Readonly<Record<Language, Messages>> = { en, zh }
