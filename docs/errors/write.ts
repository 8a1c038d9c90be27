import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { catalogue } from './all-errors.ts'
import { renderPage } from './page.ts'

// `npm run errors`: writes docs/errors.md anew, from the code as it is.
await writeFile(join(import.meta.dirname, '..', 'errors.md'), renderPage(catalogue))
