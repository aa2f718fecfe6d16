/**
 * `npm run api`: writes the public surface of every entry to docs/api, for people to review. With `--check` it fails
 * instead when the surface is another than the one that is committed, so that nothing breaks by accident.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { type PublicEntry, publicEntries, root } from "./entries.ts";

const reports = join(root, "docs/api");
const checking = process.argv.includes("--check");

function configOf({ folder, reportName, types }: PublicEntry): ExtractorConfig {
  const temporary = join(root, ".build/api");
  mkdirSync(temporary, { recursive: true });
  mkdirSync(reports, { recursive: true });
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, folder, "package.json"),
    configObject: {
      projectFolder: join(root, folder),
      mainEntryPointFilePath: types,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2023",
            module: "NodeNext",
            moduleResolution: "NodeNext",
            lib: ["ES2023", "DOM"],
            strict: true,
            skipLibCheck: true,
            types: ["node"],
          },
          include: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${reportName}.api.md`,
        reportFolder: reports,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
      newlineKind: "lf",
    },
  });
}

let changed = 0;
for (const entry of publicEntries()) {
  const result = Extractor.invoke(configOf(entry), {
    localBuild: !checking,
    messageCallback: (message: ExtractorMessage) => {
      message.handled = message.category === "console" || message.category === "Compiler";
    },
  });
  if (!result.apiReportChanged) continue;
  changed += 1;
  console.log(`${entry.specifier}: ${checking ? "the public surface is not the committed one" : "report written"}`);
}
if (checking && changed > 0) {
  console.error("Run npm run api, read what changed in docs/api, and commit it with a line in CHANGELOG.md.");
  process.exitCode = 1;
}
