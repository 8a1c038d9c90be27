import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCatalogue } from './catalogue.ts'
import { renderPage } from './page.ts'

// `npm run errors`: writes docs/errors.md anew, from the code as it is.
const root = join(import.meta.dirname, '..', '..')
await writeFile(join(root, 'docs', 'errors.md'), renderPage(readCatalogue(root)))
