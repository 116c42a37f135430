/**
 * Sources as a process of its own can run them: without their types.
 *
 * Invariant: the very sources, as they stand; nothing of the build is needed.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Puts files, and all that they import, where they stand below the root, into a folder. */
export function compileInto(folder: string, files: readonly string[]): void {
  const left = files.map((file) => join(ROOT, file))
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    const to = join(folder, relative(ROOT, file)).replace(/\.ts$/, '.js')
    if (existsSync(to)) continue
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    })
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, outputText)
    for (const { fileName } of ts.preProcessFile(outputText).importedFiles) {
      if (!fileName.startsWith('.')) continue
      left.push(resolve(dirname(file), fileName.replace(/\.js$/, '.ts')))
    }
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
}
