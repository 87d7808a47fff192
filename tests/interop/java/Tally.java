import java.util.List;
import java.util.Objects;

import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** Assertions that are counted; see tally.py. */
final class Tally {
    private Tally() {}

    interface Body {
        void run() throws Exception;
    }

    record Part(String name, Body body) {}

    private static int count = 0;

    static void equal(Object actual, Object wanted, String what) {
        ++count;
        if (!Objects.equals(actual, wanted)) throw new AssertionError(what + ": " + actual + ", expected " + wanted);
    }

    /** An error of this class of the SDK. */
    static <E extends AwsServiceException> E refused(Class<E> kind, Body call) throws Exception {
        try {
            call.run();
        } catch (AwsServiceException e) {
            equal(kind.isInstance(e), true, e + " is a " + kind.getSimpleName());
            return kind.cast(e);
        }
        throw new AssertionError("no error, expected " + kind.getSimpleName());
    }

    /** An error with this code and HTTP status. */
    static void refused(String code, int status, Body call) throws Exception {
        AwsServiceException e = refused(AwsServiceException.class, call);
        equal(e.awsErrorDetails().errorCode(), code, e.toString());
        equal(e.statusCode(), status, e.toString());
    }

    /** Runs every part, also after one has failed. */
    static void run(List<Part> parts) {
        boolean failed = false;
        for (Part part : parts) {
            int before = count;
            try {
                part.body().run();
                System.out.println(part.name() + ": ok, " + (count - before) + " assertions");
            } catch (Throwable e) {
                failed = true;
                System.out.println(part.name() + ": " + e);
                e.printStackTrace();
            }
        }
        if (failed) System.exit(1);
        System.out.println(count + " assertions");
    }
}
