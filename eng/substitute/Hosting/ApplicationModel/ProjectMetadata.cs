namespace Aspire.Hosting
{
    /// <summary>Where a project is; implemented by the generated classes <c>Projects.NAME</c>.</summary>
    public interface IProjectMetadata : ApplicationModel.IResourceAnnotation
    {
        /// <summary>The absolute path of the project file.</summary>
        string ProjectPath { get; }

        /// <summary>The program that the build made of it; empty when unknown. The substitute's own addition.</summary>
        string TargetPath => "";
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A project given by its path.</summary>
    internal sealed class ProjectMetadata(string projectPath) : IProjectMetadata
    {
        public string ProjectPath { get; } = projectPath;
    }
}
