// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.NativeLibrary;
import io.github.exactloss.NativeLibraryException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.PicocliException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code exactloss} command: sets up its subcommands and turns every failure into one line and an exit code. */
@Command(
        name = "exactloss",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        sortOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:success",
            "1:bad data or a failure, with one line on standard error",
            "2:the command line is not understood",
            "141:nobody reads the output any more"
        })
public final class Main {
    /** What a program ends with in a shell that writes to a closed pipe: 128 and the number of SIGPIPE. */
    static final int NO_READER = 141;

    /** A header or a query can be longer than anybody reads. */
    private static final int LONGEST_MESSAGE = 2000;

    @Spec
    private CommandSpec spec;

    private Main() {}

    @Command(name = "version", header = "Prints the version, as --version does.")
    void printVersion() {
        spec.commandLine().printVersionHelp(spec.commandLine().getOut());
    }

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] args) {
        StandardOutput stream = new StandardOutput();
        PrintWriter out = new PrintWriter(stream, true, System.out.charset());
        PrintWriter err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, System.err.charset());
        int exitCode = run(out, err, args);
        if (out.checkError()) {
            exitCode = stream.hasNoReader() ? NO_READER : reportFailure(err, stream.failure());
        }
        System.exit(exitCode);
    }

    /**
     * Runs the command without ending the process.
     *
     * @param out receives results
     * @param err receives messages
     * @return 0 for success, 1 for bad data or a failure, 2 for a command line that is not understood
     */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        // Decimal points and the digits 0 to 9 wherever the command runs: what it prints is read by programs too.
        Locale.setDefault(Locale.ROOT);
        CommandLine exactloss = commandLine(out, err);
        int exitCode;
        try {
            Arguments.requireText(args);
            exitCode = exactloss.execute(Arguments.commentsLast(args));
        } catch (PicocliException | BadDataException | Error failure) {
            exitCode = reportFailure(err, failure);
        }
        out.flush();
        err.flush();
        return exitCode;
    }

    private static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        CommandLine exactloss = new CommandLine(new Main())
                .addSubcommand(new TrainCommand())
                .addSubcommand(new EvalCommand())
                .addSubcommand(new BenchCommand())
                .addSubcommand(new InfoCommand())
                .addSubcommand(new GenerateCompletion())
                .addSubcommand(new HelpCommand())
                .registerConverter(Path.class, Main::path)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false) // a file's name may begin with @
                .setParameterExceptionHandler(Main::reportUsage)
                .setExecutionExceptionHandler((failure, command, result) -> reportFailure(err, failure));
        // Not in the annotation: subcommands would inherit the description, and would ask for the version, and so load
        // the native library, whatever is to be done.
        CommandSpec spec = exactloss.getCommandSpec();
        spec.usageMessage().description("The loss, the gradient and the metrics of a binary classifier, exactly.");
        spec.versionProvider(Main::version);
        exactloss
                .getSubcommands()
                .values()
                .forEach(command -> command.getCommandSpec().versionProvider(Main::version));
        return exactloss;
    }

    /** The library's version is the command's: both are built from one number. */
    private static String[] version() {
        return new String[] {"exactloss " + NativeLibrary.version()};
    }

    private static Path path(String name) {
        if (name.isEmpty()) {
            throw new TypeConversionException("a file's name is not empty");
        }
        return Path.of(name);
    }

    private static int reportUsage(ParameterException problem, String[] args) {
        CommandLine command = problem.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        StringWriter suggestions = new StringWriter();
        UnmatchedArgumentException.printSuggestions(problem, new PrintWriter(suggestions, true));
        String message = problem.getMessage() + (suggestions.toString().isEmpty() ? "" : ". " + suggestions);
        err.println(name + ": " + oneLine(message) + " (see '" + name + " --help')");
        return ExitCode.USAGE;
    }

    private static int reportFailure(PrintWriter err, Throwable failure) {
        boolean wrapper = failure instanceof PicocliException || failure instanceof ExceptionInInitializerError;
        Throwable told = wrapper && failure.getCause() != null ? failure.getCause() : failure;
        String message = told.getMessage();
        if (told instanceof NativeLibraryException) {
            message += "; the command takes java.io.tmpdir from TMPDIR, and other properties from JAVA_TOOL_OPTIONS";
        }
        boolean speaksForItself = message != null && !(told instanceof Error);
        err.println("exactloss: " + oneLine(speaksForItself ? message : told.toString()));
        return ExitCode.SOFTWARE;
    }

    /** Messages may carry file names and library texts, so line breaks and control characters are taken out. */
    private static String oneLine(String message) {
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "...";
    }
}
